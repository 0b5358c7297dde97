/// The name of a job's file (DESIGN 2):
/// `p5-0000012345678.run42.reco.00000017.a1.c4.m16384.g0.w600.json`, with `.tavx2+ssd` before `.json`
/// if there are tags. Identity is task, index and attempt; the rest are hints, from which a pilot
/// decides whether the job fits it, and which job comes first.
public struct JobName: Hashable, Sendable {
  /// The priority, 0 to 9; 0 is first.
  public let priority: Int
  /// The place among the jobs of its priority, up to ``mostRank``; the lowest comes first. Nil in the
  /// names of earlier versions, which come before all others.
  public let rank: Int?
  /// The job.
  public let job: JobID
  /// The number of the attempt, from 1; none is issued twice (R4).
  public let attempt: Int
  /// The number of cores.
  public let cores: Int
  /// The memory in MiB.
  public let memory: Int
  /// The number of GPUs.
  public let gpus: Int
  /// The wall time in seconds.
  public let wall: Int
  /// The tags that a pilot must have.
  public let tags: [String]
  /// The name without `.json`, to which an inbox adds the pilot. All else can be read from it.
  public let stem: String

  /// The greatest rank: 13 digits.
  public static let mostRank = 9_999_999_999_999

  /// Makes the name of an attempt's file.
  public init(
    priority: Int, rank: Int? = nil, job: JobID, attempt: Int, cores: Int, memory: Int, gpus: Int,
    wall: Int, tags: [String]
  ) {
    let place = rank.map { "-" + Self.pad($0, to: Self.rankDigits) } ?? ""
    let text =
      "p\(priority)\(place).\(job).a\(attempt).c\(cores).m\(memory).g\(gpus).w\(wall)"
    self.init(
      priority: priority, rank: rank, job: job, attempt: attempt, cores: cores, memory: memory,
      gpus: gpus,
      wall: wall, tags: tags,
      stem: tags.isEmpty ? text : text + ".t" + tags.joined(separator: "+"))
  }

  /// The name of the file.
  public var fileName: String { stem + ".json" }

  /// Returns true if the names are spelled the same.
  public static func == (left: JobName, right: JobName) -> Bool { left.stem == right.stem }
  /// Hashes the spelling.
  public func hash(into hasher: inout Hasher) { hasher.combine(stem) }

  /// Returns true if this job is to be claimed before another: by priority; then names without a rank;
  /// then by rank. That is the order of `ls`, but for the names without a rank. Of two jobs neither of
  /// which goes before the other either may be first.
  public func goesBefore(_ other: JobName) -> Bool {
    (priority, rank ?? -1) < (other.priority, other.rank ?? -1)
  }

  /// Reads the name of a file; nil if it is no job's.
  public init?(fileName: String) {
    guard fileName.utf8.last == UInt8(ascii: "n"), fileName.hasSuffix(".json") else { return nil }
    self.init(stem: fileName.dropLast(5))
  }

  /// Reads a name from the right, since a task's name may hold dots. Listings are long, so this
  /// goes over the bytes. A name that is spelled in any other way than `stem` spells it is none.
  init?(stem: Substring) {
    guard
      let parsed = stem.utf8.withContiguousStorageIfAvailable({ bytes -> JobName? in
        JobNameParser(bytes).name(String(stem))
      }), let name = parsed
    else { return nil }
    self = name
  }

  init(
    priority: Int, rank: Int?, job: JobID, attempt: Int, cores: Int, memory: Int, gpus: Int,
    wall: Int, tags: [String], stem: String
  ) {
    self.priority = priority
    self.rank = rank
    self.job = job
    self.attempt = attempt
    self.cores = cores
    self.memory = memory
    self.gpus = gpus
    self.wall = wall
    self.tags = tags
    self.stem = stem
  }

  /// Returns true for a tag: 1 to 32 of `[A-Za-z0-9_-]`.
  public static func isTag(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 32
      && text.utf8.allSatisfy { Name.isAlphanumeric($0) || $0 == 95 || $0 == 45 }
  }

  /// Reads up to 10 digits, spelled as they are written: no other file is meant by a name that is
  /// read.
  static func number(digits: Substring) -> Int? {
    guard digits.utf8.count <= 10, digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }),
      digits.utf8.first != 48 || digits.utf8.count == 1
    else { return nil }
    return Int(digits)
  }

  /// The digits of a rank.
  static let rankDigits = 13

  static func pad(_ index: Int, to width: Int = 8) -> String {
    let digits = String(index)
    let count = digits.utf8.count
    return count >= width ? digits : String(repeating: "0", count: width - count) + digits
  }

  static func index(_ text: Substring) -> Int? {
    guard text.utf8.count == 8, text.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return nil }
    return Int(text)
  }
}
