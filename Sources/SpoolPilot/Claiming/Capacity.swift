internal import SpoolModel

/// The cores, memory and GPUs of a pilot that are free. A pure value.
struct Capacity {
  /// Free cores.
  private(set) var cpus: Int
  /// Free memory in MiB.
  private(set) var memory: Int
  /// The ids of free GPUs.
  private(set) var gpus: [String]
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

  /// Takes a job's share; returns the GPUs that are its own.
  mutating func take(_ job: JobName) -> [String] {
    cpus -= job.cores
    memory -= job.memory
    let own = Array(gpus.prefix(job.gpus))
    gpus.removeFirst(own.count)
    return own
  }

  /// Takes a job's share back; `own` are the GPUs that it had.
  mutating func give(_ job: JobName, _ own: [String]) {
    cpus += job.cores
    memory += job.memory
    gpus = (gpus + own).sorted()
    releases += 1
  }
}
