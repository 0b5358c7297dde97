internal import SpoolModel
internal import SpoolStore

/// Finds in a task's ledger the jobs that failed for good and are to be tried again. The ledger may
/// be long, so it is read in stretches, and only places in it are kept.
final class FailedJobs {
  private let spool: Spool
  private let path: String
  private let revival: TaskEntry.Revival
  /// Where the last failure of each job is written, as far as was read; then those that are meant.
  private var places: [(index: Int, offset: Int, isMeant: Bool)] = []
  private var offset = 0
  private var isFound = false
  private var position = 0

  /// Bytes of a ledger that are read in one turn.
  static let stretch = 8 << 20
  private static let longestLine = 64 << 20
  private static let mark = Array(#""final":true"#.utf8)

  init(_ spool: Spool, _ task: Name, _ revival: TaskEntry.Revival) {
    self.spool = spool
    self.revival = revival
    path = spool.layout.ledger(task)
  }

  /// Reads a stretch on. True once all are found.
  func find(among failed: RangeSet<Int>) throws(FileError) -> Bool {
    guard !isFound else { return true }
    guard !failed.isEmpty, revival.until > 0 else {
      isFound = true
      return true
    }
    let file = try spool.files.open(path, .read)
    defer { try? file.close() }
    // What is committed may not all be written yet.
    guard try file.attributes().size >= revival.until else { return false }
    var reader = LineReader(file, from: offset, to: revival.until, longest: Self.longestLine)
    let end = offset + Self.stretch
    while offset < end {
      guard let line = try reader.next() else {
        settle()
        return true
      }
      offset = line.next
      guard Self.isFinal(line.bytes), let job = Self.job(line.bytes), failed.contains(job.index)
      else { continue }
      places.append((job.index, line.offset, revival.order.covers(job.cause)))
    }
    return false
  }

  /// Of each job only its last failure counts; in the order of the file.
  private func settle() {
    places.sort { ($0.index, $0.offset) < ($1.index, $1.offset) }
    var last: [(index: Int, offset: Int, isMeant: Bool)] = []
    for (number, place) in places.enumerated()
    where number + 1 == places.count || places[number + 1].index != place.index {
      // What has been handed over may have failed again.
      if place.isMeant, place.offset >= revival.from { last.append(place) }
    }
    places = last.sorted { $0.offset < $1.offset }
    isFound = true
  }

  /// Where in the ledger the next of them is; nil once all have been handed over.
  var rest: Int? { position < places.count ? places[position].offset : nil }

  /// The next of them.
  func next(_ limit: Int) throws(FileError) -> [JobsRevived.Job] {
    let wanted = places[position..<min(places.count, position + max(0, limit))]
    guard let first = wanted.first else { return [] }
    let file = try spool.files.open(path, .read)
    defer { try? file.close() }
    var reader = LineReader(
      file, from: first.offset, to: revival.until, longest: Self.longestLine)
    var jobs: [JobsRevived.Job] = []
    for place in wanted {
      while let line = try reader.next() {
        guard line.offset == place.offset else { continue }
        if var job = Self.job(line.bytes) {
          // A limit of a person's own takes the place of what it had grown to.
          if revival.order.memory != nil { job.memory = nil }
          jobs.append(job)
        }
        break
      }
    }
    position += wanted.count
    return jobs
  }

  /// Most lines of a ledger are of something else, and need not be parsed.
  private static func isFinal(_ line: [UInt8]) -> Bool {
    line.withUnsafeBufferPointer { line in
      guard line.count >= mark.count else { return false }
      return (0...line.count - mark.count).contains { start in
        line[start] == mark[0] && line[start + 2] == mark[2]
          && line[start..<start + mark.count].elementsEqual(mark)
      }
    }
  }

  private static func job(_ line: [UInt8]) -> JobsRevived.Job? {
    guard let json = try? JSON.parse(line), json["final"]?.bool == true,
      let id = json["job"]?.string.flatMap({ JobID($0) }), let attempt = json["attempt"]?.integer,
      let cause = json["outcome"]?.string, let place = json["position"],
      let source = place["source"]?.integer, let offset = place["offset"]?.integer,
      let files = place["files"]?.integer, let end = place["end"]?.integer
    else { return nil }
    return JobsRevived.Job(
      index: id.index, attempt: attempt, source: source, offset: offset, files: files,
      end: end,
      memory: place["memory"]?.integer, cause: cause)
  }
}
