public import SpoolModel
public import SpoolStore

/// A spool in numbers, at a moment: what ``SpoolMetrics`` makes metrics of. Whoever looks at a spool fills
/// it in.
public struct SpoolFigures: Sendable {
  /// A task or a chain that is not packed.
  public struct Unit: Sendable {
    /// The name.
    public var name: Name
    /// True for a chain, whose steps are tasks of their own.
    public var isChain: Bool
    /// The state.
    public var state: TaskState
    /// The jobs by their state.
    public var jobs: JobCounts
    /// The files that the jobs made.
    public var outputs: FileTotals
    /// The events that went in and out; nil where the jobs do not report them.
    public var flow: EventFlow?
    /// The CPU time of the jobs.
    public var cpu: Duration

    /// Makes a task or a chain.
    public init(
      name: Name, isChain: Bool, state: TaskState, jobs: JobCounts, outputs: FileTotals,
      flow: EventFlow?, cpu: Duration
    ) {
      self.name = name
      self.isChain = isChain
      self.state = state
      self.jobs = jobs
      self.outputs = outputs
      self.flow = flow
      self.cpu = cpu
    }
  }

  /// A pilot.
  public struct Pilot: Sendable {
    /// The state.
    public var state: PilotCondition
    /// The age of its last heartbeat; nil where that is not known.
    public var age: Duration?
    /// Its cores, and those that jobs have.
    public var slots: Int
    public var busy: Int

    /// Makes a pilot.
    public init(state: PilotCondition, age: Duration?, slots: Int, busy: Int) {
      self.state = state
      self.age = age
      self.slots = slots
      self.busy = busy
    }
  }

  /// True while the watcher shows signs of life.
  public var isWatched = false
  /// The age of the watcher's last heartbeat; nil without a watcher.
  public var watcherAge: Duration?
  /// The time that its turns take; nil where it does not say.
  public var turns: WatcherRecord.Turns?
  /// The tasks and chains, the newest first.
  public var units: [Unit] = []
  /// The number of datasets.
  public var datasets = 0
  /// The jobs that lie in a queue, and those of it that pilots have.
  public var ready: [Queue: Int] = [:]
  public var running: [Queue: Int] = [:]
  /// The pilots.
  public var pilots: [Pilot] = []
  /// Jobs a second that ended well lately; nil before that is known.
  public var rate: Double?
  /// The filesystem that the spool lies on; nil where it does not say.
  public var disk: FileSystemUsage?
  /// The fill in percent from which on the watcher holds tasks back; nil where the site sets none.
  public var highWater: Int?

  /// Makes the figures of an empty spool.
  public init() {}
}

/// How a pilot is, as metrics and pages tell it.
public enum PilotCondition: String, CaseIterable, Sendable {
  case running, drain, quarantine, lost

  /// Returns the condition of a pilot by its record and the files in its directory. `age` is that of its
  /// last heartbeat, and `deadAfter` the silence after which it counts as lost.
  public init(
    _ record: PilotRecord?, hasDrain: Bool, hasQuarantine: Bool, age: Duration?,
    deadAfter: Duration
  ) {
    if let age, age > deadAfter {
      self = .lost
    } else if hasDrain || record?.state == .draining {
      self = .drain
    } else if hasQuarantine || record?.state == .quarantined {
      self = .quarantine
    } else {
      self = .running
    }
  }
}

extension Queue {
  /// Returns the queue of a job that a pilot has: by its GPUs, as the watcher chooses it.
  public init(of job: JobName) { self = job.gpus > 0 ? .gpu : .cpu }
}
