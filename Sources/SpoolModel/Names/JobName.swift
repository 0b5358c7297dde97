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
  public let priority: Int
  public let job: JobID
  /// From 1; never issued twice.
  public let attempt: Int
  public let cores: Int
  /// MiB.
  public let memory: Int
  public let gpus: Int
  /// Seconds.
  public let wall: Int
  public let tags: [String]
  /// The name without `.json`, to which an inbox adds the pilot. All else can be read from it.
  public let stem: String

  public init(
    priority: Int, job: JobID, attempt: Int, cores: Int, memory: Int, gpus: Int, wall: Int,
    tags: [String]
  ) {
    let text = "p\(priority).\(job).a\(attempt).c\(cores).m\(memory).g\(gpus).w\(wall)"
    self.init(
      priority: priority, job: job, attempt: attempt, cores: cores, memory: memory, gpus: gpus,
      wall: wall, tags: tags,
      stem: tags.isEmpty ? text : text + ".t" + tags.joined(separator: "+"))
  }

  public var fileName: String { stem + ".json" }

  public static func == (left: JobName, right: JobName) -> Bool { left.stem == right.stem }
  public func hash(into hasher: inout Hasher) { hasher.combine(stem) }

  public init?(fileName: String) {
    guard fileName.utf8.last == UInt8(ascii: "n"), fileName.hasSuffix(".json") else { return nil }
    self.init(stem: fileName.dropLast(5))
  }

  /// Parsed from the right, since a task's name may hold dots. Listings are long, so this goes over
  /// the bytes; a name that is written in any other way than `stem` writes it is none.
  init?(stem: Substring) {
    guard
      let parsed = stem.utf8.withContiguousStorageIfAvailable({ bytes -> JobName? in
        JobNameParser(bytes).name(String(stem))
      }), let name = parsed
    else { return nil }
    self = name
  }

  fileprivate init(
    priority: Int, job: JobID, attempt: Int, cores: Int, memory: Int, gpus: Int, wall: Int,
    tags: [String], stem: String
  ) {
    self.priority = priority
    self.job = job
    self.attempt = attempt
    self.cores = cores
    self.memory = memory
    self.gpus = gpus
    self.wall = wall
    self.tags = tags
    self.stem = stem
  }

  /// A tag: 1 to 32 of `[A-Za-z0-9_-]`.
  public static func isTag(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 32
      && text.utf8.allSatisfy { Name.isAlphanumeric($0) || $0 == 95 || $0 == 45 }
  }

  /// Up to 10 digits, spelled as they are written: no other file is meant by a name that is read.
  static func number(digits: Substring) -> Int? {
    guard digits.utf8.count <= 10, digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }),
      digits.utf8.first != 48 || digits.utf8.count == 1
    else { return nil }
    return Int(digits)
  }

  static func pad(_ index: Int) -> String {
    let digits = String(index)
    let count = digits.utf8.count
    return count >= 8 ? digits : String(repeating: "0", count: 8 - count) + digits
  }

  static func index(_ text: Substring) -> Int? {
    guard text.utf8.count == 8, text.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return nil }
    return Int(text)
  }
}

/// Takes a job's name apart, from its end.
private struct JobNameParser {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var end: Int

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
    end = bytes.count
  }

  func name(_ stem: String) -> JobName? {
    var parser = self
    guard let tags = parser.tags(), let wall = parser.number("w"), let gpus = parser.number("g"),
      let memory = parser.number("m"), let cores = parser.number("c"), cores > 0,
      let attempt = parser.number("a"), attempt > 0, let index = parser.index(),
      let (priority, task) = parser.head()
    else { return nil }
    return JobName(
      priority: priority, job: JobID(task: task, index: index), attempt: attempt, cores: cores,
      memory: memory, gpus: gpus, wall: wall, tags: tags, stem: stem)
  }

  /// The bytes after the last dot; the dot is dropped.
  private mutating func part() -> Slice<UnsafeBufferPointer<UInt8>>? {
    guard let dot = bytes[..<end].lastIndex(of: UInt8(ascii: ".")) else { return nil }
    defer { end = dot }
    return bytes[(dot + 1)..<end]
  }

  private mutating func tags() -> [String]? {
    let before = end
    guard let part = part(), part.first == UInt8(ascii: "t") else {
      end = before
      return []
    }
    let tags = part.dropFirst().split(
      separator: UInt8(ascii: "+"), omittingEmptySubsequences: false
    )
    .map { String(decoding: $0, as: UTF8.self) }
    return tags.allSatisfy(JobName.isTag) ? tags : nil
  }

  private mutating func number(_ letter: Unicode.Scalar) -> Int? {
    guard let part = part(), part.first == UInt8(ascii: letter) else { return nil }
    let digits = part.dropFirst()
    guard digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
    return Self.value(digits)
  }

  private mutating func index() -> Int? {
    guard let part = part(), part.count == 8 else { return nil }
    return Self.value(part)
  }

  private static func value(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
    guard !digits.isEmpty, digits.count <= 10 else { return nil }
    var value = 0
    for digit in digits {
      guard digit >= 48, digit <= 57 else { return nil }
      value = value * 10 + Int(digit - 48)
    }
    return value
  }

  /// `p5.` and the task's name.
  private func head() -> (Int, Name)? {
    guard end > 3, bytes[0] == UInt8(ascii: "p"), bytes[1] >= 48, bytes[1] <= 57,
      bytes[2] == UInt8(ascii: "."),
      let task = Name(String(decoding: bytes[3..<end], as: UTF8.self))
    else { return nil }
    return (Int(bytes[1] - 48), task)
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
