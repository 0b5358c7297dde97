/// What a job of a task may use.
public struct Resources: Equatable, Sendable {
  /// Cores.
  public var cpus = 1
  public var gpus = 0
  /// Bytes.
  public var memory = 2_000_000_000
  /// The longest time that a job may run.
  public var wall = Duration.seconds(3600)
  /// What a pilot must have been given as tags, too.
  public var tags: [String] = []

  public init() {}
}

/// How often a job is tried, and when not again.
public struct RetryPolicy: Equatable, Sendable {
  /// How many payload runs there are at the most.
  public var attempts = 3
  /// Retry delay before the second attempt, doubled for each further one, up to ten minutes.
  public var backoff = Duration.seconds(5)
  /// Exit codes that are not worth another attempt.
  public var never: [Int] = []
  /// By what the memory limit grows after a job was over it.
  public var growMemory = 1.5

  public init() {}
}

/// A file that a job reads.
public struct InputFile: Hashable, Sendable {
  /// Absolute.
  public var path: String
  /// Bytes, where known.
  public var size: Int?
  /// 8 hexadecimal digits, where known.
  public var adler32: String?

  public init(path: String, size: Int? = nil, adler32: String? = nil) {
    self.path = path
    self.size = size
    self.adler32 = adler32
  }
}

/// What a task's jobs are made of.
public enum TaskInput: Equatable, Sendable {
  case datasets([Name])
  case files([InputFile])
  /// Jobs without files, numbered.
  case count(Int)
  /// Jobs without files, one per value.
  case values([String])
}

/// How many files a job gets.
public enum Grouping: Equatable, Sendable {
  case files(Int)
  case all
}

/// A file that every job of a task writes.
public struct OutputSpec: Equatable, Sendable {
  /// The final path, absolute; unique per job.
  public var path: Template
  /// For `{output:NAME}`, where there are several.
  public var name: String?
  /// The dataset that it joins: by default the task's own, named like the task.
  public var dataset: Name
  /// Whether a job may do without it.
  public var isOptional = false
  /// Whether it replaces what stands there.
  public var overwrites = false
}

/// A task: one command over many inputs (DESIGN 5). Checked: what holds within the request holds.
public struct TaskSpec: Equatable, Sendable {
  public var name: Name
  public var input: TaskInput
  public var command: [Template]
  public var outputs: [OutputSpec]
  public var queue: Queue
  public var resources: Resources
  public var filesPerJob: Grouping
  /// 0 to 9, 0 first.
  public var priority: Int
  public var retry: RetryPolicy
  /// More failed jobs than this, and the task is failed.
  public var maxFailedJobs: Int
  /// More failed jobs than this end the task early.
  public var stopAfter: Int?
  /// For how long a payload may do nothing; nil: as long as the spool says.
  public var stuckAfter: StuckLimit?
  public var environment: [(name: String, value: Template)]
  /// Whether inputs are checked by checksum, not by size alone, before a job runs.
  public var verifiesChecksum: Bool
  /// How long the files that it makes are kept.
  public var retention: Retention
  /// Whether a job over everything runs though its datasets lack files.
  public var allowsIncomplete: Bool
  /// The request itself, to be kept: as it was written, its paths absolute.
  public var source: JSONObject

  public static func == (left: TaskSpec, right: TaskSpec) -> Bool { left.source == right.source }

  /// The datasets that its outputs join.
  public var producedDatasets: Set<Name> { Set(outputs.map(\.dataset)) }

  /// The datasets that its jobs read; none where its input is a list of its own.
  public var inputDatasets: [Name] {
    if case .datasets(let names) = input { names } else { [] }
  }

  /// The datasets that it reads or fills.
  public var datasets: Set<Name> { producedDatasets.union(inputDatasets) }

  /// How many datasets or lists its jobs are made of.
  public var sources: Int { max(1, inputDatasets.count) }

  /// One of its outputs, by its number from 0.
  public func output(_ number: Int) -> OutputSpec? {
    outputs.indices.contains(number) ? outputs[number] : nil
  }

  /// The shape of its jobs.
  public var shape: Shape {
    Shape(
      queue: queue, cores: resources.cpus, memory: Self.mebibytes(resources.memory),
      gpus: resources.gpus, tags: resources.tags)
  }

  /// Rounded up, so that a job never claims less than it may use.
  public static func mebibytes(_ bytes: Int) -> Int { (bytes + (1 << 20) - 1) >> 20 }
}
