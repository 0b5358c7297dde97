internal import SpoolModel

/// What of a pilot's cores, memory and GPUs is free.
struct Capacity {
  private(set) var cpus: Int
  /// MiB.
  private(set) var memory: Int
  private(set) var gpus: [String]
  private let tags: Set<String>
  /// What it has above its bytes.
  private let slack: Int

  init(_ options: PilotOptions) {
    cpus = options.cpus
    memory = PilotRecord.mebibytes(options.memory, cpus: options.cpus)
    slack = memory - TaskSpec.mebibytes(options.memory)
    gpus = options.gpus
    tags = Set(options.tags)
  }

  /// Whether a job fits, by its name alone.
  func fits(_ job: JobName) -> Bool {
    job.cores <= cpus && job.memory <= memory && job.gpus <= gpus.count
      && job.tags.allSatisfy(tags.contains)
  }

  /// Whether nothing at all is left to give.
  var isFull: Bool { cpus == 0 || memory <= slack }

  /// Takes a job's share; returns the GPUs that are its own.
  mutating func take(_ job: JobName) -> [String] {
    cpus -= job.cores
    memory -= job.memory
    let own = Array(gpus.prefix(job.gpus))
    gpus.removeFirst(own.count)
    return own
  }

  mutating func give(_ job: JobName, _ own: [String]) {
    cpus += job.cores
    memory += job.memory
    gpus = (gpus + own).sorted()
  }
}
