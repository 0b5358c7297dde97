internal import SpoolModel

/// How the batch jobs of a factory have ended. A value: what is listed and what pilots are seen to do
/// comes in; deaths and successes come out. It knows what it has seen in this life of the factory.
struct PilotFates {
  /// The end of a batch job.
  enum Fate: Equatable {
    /// Its pilot had a job, or left in good order.
    case good
    /// Its pilot died without a job, in these words.
    case death(String)
  }

  /// The looks that must miss a batch job before it counts as gone, unless the list says so: a list may
  /// omit what was just handed in, and a log is seen late.
  static let looks = 2

  private var missed: [String: Int] = [:]
  private var proven: Set<String> = []
  private var cancelled: Set<String> = []
  private var judged: Set<String> = []

  /// Takes in a batch job that was handed in.
  mutating func noteStart(_ name: String) { missed[name] = 0 }

  /// Takes in that the factory has cancelled a batch job.
  mutating func noteCancel(_ name: String) { cancelled.insert(name) }

  /// The batch jobs that were handed in, and that the list does not show yet.
  func unlisted(_ jobs: [BatchJob]) -> Int {
    let listed = Set(jobs.map(\.name))
    return missed.keys.count { !listed.contains($0) }
  }

  /// Takes in that a pilot is seen to have a job. Returns true if that is news.
  mutating func noteJob(_ name: String) -> Bool { proven.insert(name).inserted }

  /// A batch job that has ended, with the batch system's words.
  struct End: Equatable {
    var name: String
    var words: String?
    /// True where somebody cancelled it.
    var isCancelled = false
  }

  /// Takes in a list. Returns the batch jobs that have ended since.
  mutating func ended(_ jobs: [BatchJob]) -> [End] {
    var ended: [End] = []
    let listed = Dictionary(jobs.map { ($0.name, $0) }) { first, _ in first }
    for job in jobs where job.isLive { missed[job.name] = 0 }
    for (name, looks) in missed {
      if let job = listed[name] {
        guard !job.isLive else { continue }
        ended.append(End(name: name, words: job.words, isCancelled: job.state == .cancelled))
      } else if looks + 1 >= Self.looks {
        ended.append(End(name: name))
      } else {
        missed[name] = looks + 1
      }
    }
    for end in ended { missed[end.name] = nil }
    return ended.sorted { $0.name < $1.name }
  }

  /// Judges a batch job that has ended, by its log: its beginning and its end, or nil where there is none.
  /// Returns nil for one that this factory has cancelled, that somebody cancelled before it began, or that
  /// was judged before.
  mutating func judge(_ end: End, log: (head: String, tail: String)?) -> Fate? {
    guard judged.insert(end.name).inserted, cancelled.remove(end.name) == nil else { return nil }
    if proven.remove(end.name) != nil { return .good }
    if end.isCancelled, log == nil { return nil }
    if let log, log.head.contains(PilotWords.firstJob) || Self.hasLeft(log.tail) { return .good }
    let last = log.flatMap { Self.lastLine($0.tail) } ?? "it has said nothing"
    return .death([end.words, last].compactMap(\.self).joined(separator: "; "))
  }

  private static func hasLeft(_ tail: String) -> Bool {
    tail.split(separator: "\n").last?.hasSuffix(PilotWords.parting) ?? false
  }

  private static func lastLine(_ tail: String) -> String? {
    let line = tail.split(separator: "\n").last { !$0.allSatisfy(\.isWhitespace) }
    return line.map { String($0.prefix(300)) }
  }
}
