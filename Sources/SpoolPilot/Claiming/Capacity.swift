internal import SpoolModel

/// The cores, memory and GPUs of a pilot that are free. A pure value.
struct Capacity {
  /// What is a job's own.
  struct Share: Equatable {
    /// The ids of GPUs.
    var gpus: [String] = []
    /// The numbers of cores, of a pilot that hands these out.
    var pinned: [Int32] = []
  }

  /// Free cores.
  private(set) var cpus: Int
  /// Free memory in MiB.
  private(set) var memory: Int
  /// The ids of free GPUs.
  private(set) var gpus: [String]
  /// The numbers of free cores, where they are handed out.
  private(set) var pinned: [Int32]
  /// The number of shares that were given back so far.
  private(set) var releases = 0
  private let tags: Set<String>
  /// MiB that it has above its bytes, because jobs' names are rounded up.
  private let slack: Int
  /// All that jobs may use.
  private let total: KeptRoom.Part
  /// The cores and the memory that each GPU is due.
  private let share: KeptRoom.Part

  init(_ options: PilotOptions) {
    cpus = options.cpus
    memory = PilotRecord.mebibytes(options.memory, cpus: options.cpus)
    slack = memory - TaskSpec.mebibytes(options.memory)
    gpus = options.gpus
    pinned = options.pinned
    tags = Set(options.tags)
    let count = max(1, gpus.count)
    total = KeptRoom.Part(cpus: cpus, memory: memory, gpus: gpus.count)
    share = KeptRoom.Part(cpus: cpus / count, memory: memory / count, gpus: 1)
  }

  /// Returns whether a job fits, by its name alone.
  func fits(_ job: JobName) -> Bool {
    free.holds(job) && hasTags(of: job)
  }

  /// Returns whether a job fits when nothing else runs.
  func couldHold(_ job: JobName) -> Bool { total.holds(job) && hasTags(of: job) }

  /// Returns whether a job leaves each free GPU its share of the cores and the memory. A job that has
  /// GPUs itself need not.
  func leavesShares(_ job: JobName) -> Bool {
    job.gpus > 0
      || job.cores <= cpus - share.cpus * gpus.count
        && job.memory <= memory - share.memory * gpus.count
  }

  /// Returns whether the pilot has all tags that a job asks for.
  func hasTags(of job: JobName) -> Bool { job.tags.allSatisfy(tags.contains) }

  /// What is free.
  var free: KeptRoom.Part { KeptRoom.Part(cpus: cpus, memory: memory, gpus: gpus.count) }

  /// True if nothing at all is left to give.
  var isFull: Bool { cpus == 0 || memory <= slack }

  /// Takes a job's share; returns what is its own.
  mutating func take(_ job: JobName) -> Share {
    cpus -= job.cores
    memory -= job.memory
    let own = Share(
      gpus: Array(gpus.prefix(job.gpus)), pinned: Array(pinned.prefix(job.cores)))
    gpus.removeFirst(own.gpus.count)
    pinned.removeFirst(own.pinned.count)
    return own
  }

  /// Takes a job's share back; `own` is what it had.
  mutating func give(_ job: JobName, _ own: Share) {
    cpus += job.cores
    memory += job.memory
    gpus = (gpus + own.gpus).sorted()
    pinned = (pinned + own.pinned).sorted()
    releases += 1
  }
}
