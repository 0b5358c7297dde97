/// The room that a pilot keeps for a job: when it is free at the latest, by the wall times of the jobs
/// that run, and what the pilot has left beside the job then. A pure value.
public struct KeptRoom: Equatable, Sendable {
  /// A part of a pilot.
  public struct Part: Equatable, Sendable {
    /// Cores.
    public var cpus: Int
    /// Memory in MiB.
    public var memory: Int
    /// GPUs.
    public var gpus: Int

    /// Makes a part.
    public init(cpus: Int, memory: Int, gpus: Int) {
      self.cpus = cpus
      self.memory = memory
      self.gpus = gpus
    }

    /// Returns true if a job fits into it.
    public func holds(_ job: JobName) -> Bool {
      job.cores <= cpus && job.memory <= memory && job.gpus <= gpus
    }

    /// Returns what is left when a job takes its share.
    public func without(_ job: JobName) -> Part {
      var part = self
      part.give(job, times: -1)
      return part
    }

    mutating func give(_ job: JobName, times: Int = 1) {
      cpus += job.cores * times
      memory += job.memory * times
      gpus += job.gpus * times
    }
  }

  /// A job that runs.
  public struct Running: Sendable {
    /// The job.
    public var job: JobName
    /// Its latest end, by its wall time.
    public var end: Instant

    /// Makes an entry.
    public init(_ job: JobName, end: Instant) {
      self.job = job
      self.end = end
    }
  }

  /// The moment at which the job fits at the latest.
  public let freeAt: Instant
  /// What is left then beside the job.
  public let spare: Part

  /// Finds the room for a job on a pilot of which `free` is free now. Nil if the job does not even fit
  /// when all that runs has ended.
  public init?(for job: JobName, free: Part, running: [Running], at now: Instant) {
    var part = free
    var freeAt = now
    for entry in running.sorted(by: { $0.end < $1.end }) {
      // All that ends by then is free, and no more is waited for.
      if part.holds(job), entry.end > freeAt { break }
      freeAt = max(freeAt, entry.end)
      part.give(entry.job)
    }
    guard part.holds(job) else { return nil }
    self.freeAt = freeAt
    spare = part.without(job)
  }

  /// Returns true if another job may begin now: it will have ended by then, or fits beside.
  public func admits(_ job: JobName, at now: Instant) -> Bool {
    now + .seconds(job.wall) <= freeAt || spare.holds(job)
  }
}
