internal import SpoolModel
internal import SpoolStore

/// Finds the jobs in a task's ledger that ended, and that an order wants tried again: those that failed
/// for good, and if it says so, those that are done. In comes the ledger; out go the jobs, a few at a
/// time. The ledger may be long, so it is read in stretches, and only places in it are kept in memory.
final class EndedJobs {
  private let spool: Spool
  private let ledger: Spool.View
  private let revival: TaskEntry.Revival
  /// The place of the last line of each job. While the ledger is being read: of all ends so far. After
  /// that: of the jobs that the order applies to.
  private var places: [(index: Int, offset: Int, isMeant: Bool)] = []
  private var offset = 0
  private var isFound = false
  /// True once the ledger was found shorter than the journal says. Lines of this turn are not
  /// written yet, so it counts at the second look.
  private var isShort = false
  private var position = 0

  /// The number of bytes of a ledger that are read in one turn.
  static let stretch = 8 << 20
  private static let failed = Array(#""final":true"#.utf8)
  private static let done = Array(#""outcome":"ok""#.utf8)

  init(_ spool: Spool, _ task: Name, _ revival: TaskEntry.Revival) {
    self.spool = spool
    self.revival = revival
    ledger = .ledger(task)
  }

  /// Reads the next stretch. Returns true once the whole ledger is read. A job of the order that is not
  /// in `failed` is done. Hands over the place of each line that is not as it was written: a job may be
  /// missed there. Throws if the ledger is shorter than the journal says.
  func find(
    among failed: RangeSet<Int>, damaged: (Int) -> Void
  ) throws(FileError) -> Bool {
    guard !isFound else { return true }
    guard !failed.isEmpty || revival.order.evenDone, revival.until > 0 else {
      isFound = true
      return true
    }
    let file = try spool.open(ledger)
    defer { file.close() }
    let size = try file.size()
    guard size >= revival.until else {
      defer { isShort = true }
      if isShort { throw file.damage(at: size) }
      return false
    }
    var reader = file.lines(from: offset, to: revival.until)
    let end = offset + Self.stretch
    while offset < end {
      guard let line = try reader.next() else {
        settle()
        return true
      }
      offset = line.next
      guard file.isIntact(line) else {
        damaged(line.offset)
        continue
      }
      guard isEnd(line.bytes), let job = Self.job(line.bytes),
        job.wasDone != failed.contains(job.index)
      else { continue }
      places.append((job.index, line.offset, revival.order.covers(job.index, job.cause)))
    }
    return false
  }

  /// Keeps only the last line of each job, in the order of the file.
  private func settle() {
    places.sort { ($0.index, $0.offset) < ($1.index, $1.offset) }
    var last: [(index: Int, offset: Int, isMeant: Bool)] = []
    for (number, place) in places.enumerated()
    where number + 1 == places.count || places[number + 1].index != place.index {
      // A job that was handed over already may have failed again.
      if place.isMeant, place.offset >= revival.from { last.append(place) }
    }
    places = last.sorted { $0.offset < $1.offset }
    isFound = true
  }

  /// The place in the ledger of the next job; nil once all jobs have been handed over.
  var rest: Int? { position < places.count ? places[position].offset : nil }

  /// Returns the next jobs, at most `limit`.
  func next(_ limit: Int) throws(FileError) -> [JobsRevived.Job] {
    let wanted = places[position..<min(places.count, position + max(0, limit))]
    guard let first = wanted.first else { return [] }
    let file = try spool.open(ledger)
    defer { file.close() }
    var reader = file.lines(from: first.offset, to: revival.until)
    var jobs: [JobsRevived.Job] = []
    for place in wanted {
      while let line = try reader.next() {
        guard line.offset == place.offset else { continue }
        if var job = Self.job(line.bytes) {
          // The limits that a person gives replace those that the job had grown to.
          if revival.order.memory != nil { job.position.memory = nil }
          if revival.order.wall != nil { job.position.wall = nil }
          jobs.append(job)
        }
        break
      }
    }
    position += wanted.count
    return jobs
  }

  /// Returns true if a line may tell of an end that the order is about. Most lines do not, and need not
  /// be parsed.
  private func isEnd(_ line: [UInt8]) -> Bool {
    revival.order.evenDone && Self.holds(Self.done, line) || Self.holds(Self.failed, line)
  }

  private static func holds(_ mark: [UInt8], _ line: [UInt8]) -> Bool {
    line.withUnsafeBufferPointer { line in
      guard line.count >= mark.count else { return false }
      return (0...line.count - mark.count).contains { start in
        line[start] == mark[0] && line[start + 2] == mark[2]
          && line[start..<start + mark.count].elementsEqual(mark)
      }
    }
  }

  /// Returns the job of a final failure or of a success; nil for any other line.
  private static func job(_ line: [UInt8]) -> JobsRevived.Job? {
    guard let json = try? JSON.parse(line), let line = LedgerLine(json) else { return nil }
    switch line.outcome {
    case .success(let result):
      guard var place = line.donePosition else { return nil }
      place.former = result.outputs.map(FormerOutput.init)
      return JobsRevived.Job(
        index: line.job.index, attempt: line.attempt, position: place, cause: line.verdict,
        report: result.report, leftOut: result.reportLeftOut.members.map(\.key))
    case .failure(let failure):
      guard case .final(let place) = failure.sequel else { return nil }
      return JobsRevived.Job(
        index: line.job.index, attempt: line.attempt, position: place, cause: line.verdict)
    }
  }
}
