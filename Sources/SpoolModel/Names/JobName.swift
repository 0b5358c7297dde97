/// Which job: the index-th of a task.
public struct JobID: Hashable, Sendable, Comparable, CustomStringConvertible {
  public var task: Name
  public var index: Int

  public init(task: Name, index: Int) {
    self.task = task
    self.index = index
  }

  /// `run42.reco.00000017`.
  public var description: String { "\(task.text).\(JobName.pad(index))" }

  public static func < (left: JobID, right: JobID) -> Bool {
    (left.task, left.index) < (right.task, right.index)
  }

  public init?(_ text: String) {
    guard let dot = text.lastIndex(of: "."), let task = Name(text[..<dot]),
      let index = JobName.index(text[text.index(after: dot)...])
    else { return nil }
    self.init(task: task, index: index)
  }
}

/// What a job needs of a pilot, as its name says it. Jobs of one shape wait for the same pilots.
public struct Shape: Hashable, Sendable {
  public var queue: Queue
  public var cores: Int
  /// MiB.
  public var memory: Int
  public var gpus: Int
  public var tags: [String]

  public init(queue: Queue, cores: Int, memory: Int, gpus: Int, tags: [String]) {
    self.queue = queue
    self.cores = cores
    self.memory = memory
    self.gpus = gpus
    self.tags = tags
  }
}

/// Which of the two ready directories a job waits in.
public enum Queue: String, Sendable, Hashable, CaseIterable {
  case cpu
  case gpu
}

/// The name of a job's file (DESIGN 2): `p5.run42.reco.00000017.a1.c4.m16384.g0.w600.json`, with
/// `.tavx2+ssd` before `.json` where there are tags. Identity is task, index and attempt; the rest
/// are hints, from which a pilot decides whether the job fits it.
public struct JobName: Hashable, Sendable {
  public var priority: Int
  public var job: JobID
  /// From 1; never issued twice.
  public var attempt: Int
  public var cores: Int
  /// MiB.
  public var memory: Int
  public var gpus: Int
  /// Seconds.
  public var wall: Int
  public var tags: [String]

  public init(
    priority: Int, job: JobID, attempt: Int, cores: Int, memory: Int, gpus: Int, wall: Int,
    tags: [String]
  ) {
    self.priority = priority
    self.job = job
    self.attempt = attempt
    self.cores = cores
    self.memory = memory
    self.gpus = gpus
    self.wall = wall
    self.tags = tags
  }

  /// The name without `.json`, to which an inbox adds the pilot.
  public var stem: String {
    var text = "p\(priority).\(job).a\(attempt).c\(cores).m\(memory).g\(gpus).w\(wall)"
    if !tags.isEmpty { text += ".t" + tags.joined(separator: "+") }
    return text
  }

  public var fileName: String { stem + ".json" }

  public init?(fileName: String) {
    guard fileName.hasSuffix(".json") else { return nil }
    self.init(stem: fileName.dropLast(5))
  }

  /// Parsed from the right, since a task's name may hold dots.
  init?(stem: Substring) {
    var parts = stem.split(separator: ".", omittingEmptySubsequences: false)
    var tags: [String] = []
    if let last = parts.last, last.first == "t" {
      tags = last.dropFirst().split(separator: "+", omittingEmptySubsequences: false)
        .map(String.init)
      guard !tags.isEmpty, tags.allSatisfy(Self.isTag) else { return nil }
      parts.removeLast()
    }
    guard parts.count >= 8, let wall = Self.number(parts.popLast(), "w"),
      let gpus = Self.number(parts.popLast(), "g"), let memory = Self.number(parts.popLast(), "m"),
      let cores = Self.number(parts.popLast(), "c"),
      let attempt = Self.number(parts.popLast(), "a"),
      let index = parts.popLast().flatMap(Self.index), let first = parts.first,
      let priority = Self.number(first, "p"), priority <= 9, attempt > 0, cores > 0,
      let task = Name(parts.dropFirst().joined(separator: "."))
    else { return nil }
    self.init(
      priority: priority, job: JobID(task: task, index: index), attempt: attempt, cores: cores,
      memory: memory, gpus: gpus, wall: wall, tags: tags)
  }

  /// A tag: 1 to 32 of `[A-Za-z0-9_-]`.
  public static func isTag(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 32
      && text.utf8.allSatisfy { Name.isAlphanumeric($0) || $0 == 95 || $0 == 45 }
  }

  static func pad(_ index: Int) -> String {
    let digits = String(index)
    return digits.utf8.count >= 8
      ? digits : String(repeating: "0", count: 8 - digits.utf8.count) + digits
  }

  static func index(_ text: Substring) -> Int? {
    guard text.utf8.count == 8, text.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return nil }
    return Int(text)
  }

  private static func number(_ text: Substring?, _ letter: Character) -> Int? {
    guard let text, text.first == letter else { return nil }
    return number(digits: text.dropFirst())
  }

  /// Up to 10 digits, spelled as they are written: no other file is meant by a name that is read.
  static func number(digits: Substring) -> Int? {
    guard digits.utf8.count <= 10, digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }),
      digits.utf8.first != 48 || digits.utf8.count == 1
    else { return nil }
    return Int(digits)
  }
}

/// The name of a file in an inbox or among the registered: the job's, the pilot, and in `failed/`
/// the cause: `p5.…w600@node07-3fa91c22.exit2.json`.
public struct InboxName: Hashable, Sendable {
  public var job: JobName
  /// Nil for a file that the watcher itself took out of ready.
  public var pilot: PilotName?
  /// Nil in `done/`.
  public var cause: Cause?

  public init(job: JobName, pilot: PilotName?, cause: Cause?) {
    self.job = job
    self.pilot = pilot
    self.cause = cause
  }

  public var fileName: String {
    "\(job.stem)@\(pilot?.text ?? "")\(cause.map { ".\($0)" } ?? "").json"
  }

  public init?(fileName: String, failed: Bool) {
    guard fileName.hasSuffix(".json"), let at = fileName.lastIndex(of: "@"),
      let job = JobName(stem: fileName[..<at])
    else { return nil }
    var rest = fileName[fileName.index(after: at)...].dropLast(5)
    var cause: Cause?
    if failed {
      guard let dot = rest.lastIndex(of: "."),
        let parsed = Cause(String(rest[rest.index(after: dot)...]))
      else { return nil }
      cause = parsed
      rest = rest[..<dot]
    }
    let pilot = PilotName(rest)
    guard pilot != nil || rest.isEmpty else { return nil }
    self.init(job: job, pilot: pilot, cause: cause)
  }
}
