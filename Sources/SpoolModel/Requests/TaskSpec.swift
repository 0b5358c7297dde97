/// The resources that a job of a task may use.
public struct Resources: Equatable, Sendable {
  /// The number of cores.
  public var cpus = 1
  /// The number of GPUs.
  public var gpus = 0
  /// The memory in bytes.
  public var memory = 2_000_000_000
  /// The longest time that a job may run.
  public var wall = Duration.seconds(3600)
  /// The tags that a pilot must have.
  public var tags: [String] = []
  /// The number of each token that a job holds while it is in ready or runs.
  public var tokens: [String: Int] = [:]

  /// Makes the resources of a task that asks for nothing else.
  public init() {}
}

/// The number of attempts of a job, and the failures that allow no further one.
public struct RetryPolicy: Equatable, Sendable {
  /// The most payload runs.
  public var attempts = 3
  /// The retry delay before the second attempt, doubled for each further one, up to ten minutes.
  public var backoff = Duration.seconds(5)
  /// The exit codes that allow no further attempt.
  public var never: [Int] = []
  /// The factor by which the memory limit grows after a job was over it.
  public var growMemory = 1.5
  /// The factor by which the wall time grows after a job was over it.
  public var growWall = 1.0

  /// Makes the usual policy.
  public init() {}
}

/// A file that a job reads.
public struct InputFile: Hashable, Sendable {
  /// The path, absolute.
  public var path: String
  /// The size in bytes, if known.
  public var size: Int?
  /// The checksum, 8 hexadecimal digits, if known.
  public var adler32: String?
  /// The number of files in it, if it is a directory; nil for a file.
  public var files: Int?

  /// Makes an input.
  public init(path: String, size: Int? = nil, adler32: String? = nil, files: Int? = nil) {
    self.path = path
    self.size = size
    self.adler32 = adler32
    self.files = files
  }
}

/// The input of a task, of which its jobs are made.
public enum TaskInput: Equatable, Sendable {
  /// The files of datasets.
  case datasets([Name])
  /// A list of files.
  case files([InputFile])
  /// Jobs without files, numbered.
  case count(Int)
  /// Jobs without files, one per value.
  case values([JobValue])
}

/// The number of files of a job.
public enum Grouping: Equatable, Sendable {
  /// This number of files at the most.
  case files(Int)
  /// All files of the input.
  case all
}

/// A file, or a directory, that every job of a task writes.
public struct OutputSpec: Equatable, Sendable {
  /// The final path, absolute; it must differ from job to job.
  public var path: Template
  /// The path below the scratch from which the pilot takes it; nil: the payload writes to `{output}`.
  public var from: Template?
  /// The numbers of files that the pattern in `from` may take; nil where it is no pattern.
  public var count: ClosedRange<Int>?
  /// True for a directory with all that is in it.
  public var isDirectory = false
  /// The NAME of `{output:NAME}`, if there are several outputs.
  public var name: String?
  /// The dataset that the file joins: by default the task's own, named like the task.
  public var dataset: Name
  /// True if a job may end well without it.
  public var isOptional = false
  /// True if it replaces a file at its path.
  public var overwrites = false

  /// Returns true for `{name}` in the path of a pattern: that of the file which is taken, not the input's.
  public func isTakenName(_ placeholder: Template.Placeholder) -> Bool {
    count != nil && placeholder == .name
  }
}

/// A task: one command over many inputs (DESIGN 5). It is checked: the rules within a request hold.
public struct TaskSpec: Equatable, Sendable {
  /// The name of the task.
  public var name: Name
  /// The input.
  public var input: TaskInput
  /// The program and its arguments.
  public var command: [Template]
  /// The directory in which payloads run, absolute; nil for the pilot's scratch.
  public var directory: String?
  /// The files that each job writes.
  public var outputs: [OutputSpec]
  /// The queue of the jobs.
  public var queue: Queue
  /// The resources of each job.
  public var resources: Resources
  /// The number of files of each job.
  public var filesPerJob: Grouping
  /// The key by which files form groups; nil for none.
  public var groupBy: GroupKey?
  /// The number of jobs of its own list of files, where they form groups.
  public internal(set) var listedJobs = 0
  /// The order of the inputs of a job over everything, or over a group.
  public var order: InputOrder
  /// The priority, 0 to 9; 0 is first.
  public var priority: Int
  /// The policy for failed attempts.
  public var retry: RetryPolicy
  /// The most failed jobs of a task that is done; more, and it is failed.
  public var maxFailedJobs: Int
  /// The most failed jobs of a task that goes on; more end it early. Nil for no limit.
  public var stopAfter: Int?
  /// The most jobs that are in ready or run at once; nil for no limit.
  public var maxRunning: Int?
  /// The time for which a payload may do nothing; nil for the spool's own limit.
  public var stuckAfter: StuckLimit?
  /// The variables that the payload gets.
  public var environment: [EnvironmentVariable]
  /// The script that is sourced before the payload; nil for the spool's own.
  public var setup: SetupScript?
  /// The container that payloads run in; nil for none.
  public var container: ContainerChoice?
  /// True if inputs are checked by checksum, not by size alone, before a job runs.
  public var verifiesChecksum: Bool
  /// The time for which the files that it makes are kept.
  public var retention: Retention
  /// True if a job over everything runs although its datasets lack files.
  public var allowsIncomplete: Bool
  /// The tasks and chains that must have ended well before its first job.
  public var after: [Name]
  /// The way in which its payloads are told to end; nil: by TERM, and KILL soon after.
  public var stop: StopPolicy?
  /// The checkpoint by which its jobs may go on later; nil: they have none.
  public var checkpoint: CheckpointPolicy?
  /// Whom the site's command is to tell of its end, as the request says; nil: nobody in particular.
  public var notify: String?
  /// The time before which no job of it begins; nil for none.
  public var notBefore: Timestamp?
  /// The request as it is kept: as it was written, its paths absolute.
  public var source: JSONObject

  /// Returns true if the requests are the same.
  public static func == (left: TaskSpec, right: TaskSpec) -> Bool { left.source == right.source }

  /// The datasets that its outputs join.
  public var producedDatasets: Set<Name> { Set(outputs.map(\.dataset)) }

  /// The datasets that its jobs read; none if its input is a list of its own.
  public var inputDatasets: [Name] {
    if case .datasets(let names) = input { names } else { [] }
  }

  /// True if it names what must be before its first job, apart from its datasets.
  public var hasStartConditions: Bool { !after.isEmpty || notBefore != nil }

  /// The datasets that it reads or fills.
  public var datasets: Set<Name> { producedDatasets.union(inputDatasets) }

  /// The number of datasets or lists of which its jobs are made: groups come from one list.
  public var sources: Int { groupBy == nil ? max(1, inputDatasets.count) : 1 }

  /// True if one job reads all files.
  public var isOneMerge: Bool { filesPerJob == .all && groupBy == nil }

  /// True if its datasets must be complete before its first job.
  public var needsWholeInput: Bool { filesPerJob == .all || groupBy != nil }

  /// True if its jobs may have several files.
  public var hasWideJobs: Bool {
    switch input {
    case .count, .values: false
    case .files, .datasets: filesPerJob != .files(1)
    }
  }

  /// Returns the jobs of a list of files, which are in the order of their groups: the place of each
  /// job's first file, and that behind its last.
  public func jobs(of files: [InputFile], from start: Int = 0) -> some Sequence<Range<Int>> {
    sequence(state: start) { (at: inout Int) -> Range<Int>? in
      guard at < files.count else { return nil }
      let begin = at
      at = end(ofJobAt: begin, of: files)
      return begin..<at
    }
  }

  private func end(ofJobAt begin: Int, of files: [InputFile]) -> Int {
    var most = files.count
    if case .files(let number) = filesPerJob { most = min(most, begin + number) }
    guard let groupBy else { return most }
    let key = groupBy.key(of: files[begin].path)
    return files[begin..<most].firstIndex { !GroupKey.isSame(groupBy.key(of: $0.path), key) }
      ?? most
  }

  /// Returns one of its outputs, by its number from 0; nil if there is none.
  public func output(_ number: Int) -> OutputSpec? {
    outputs.indices.contains(number) ? outputs[number] : nil
  }

  /// The shape of its jobs.
  public var shape: Shape {
    Shape(
      queue: queue, cores: resources.cpus, memory: Self.mebibytes(resources.memory),
      gpus: resources.gpus, tags: tags)
  }

  /// The tags that a pilot must have for its jobs.
  public var tags: [String] {
    guard let tag = container?.container?.neededTag else { return resources.tags }
    return Set(resources.tags + [tag]).sorted()
  }

  /// Returns bytes in MiB, rounded up, so that a job never claims less than it may use.
  public static func mebibytes(_ bytes: Int) -> Int { bytes.addingClamped((1 << 20) - 1) >> 20 }
}
