internal import HeapModule
internal import SpoolModel

/// The jobs that wait for their next attempt, in the order in which they are due. An entry names
/// the attempt after which it comes, so that an outdated entry is recognised.
struct RetryQueue {
  /// A job that waits for its next attempt.
  struct Entry: Comparable {
    var due: Instant
    /// The order of arrival, which decides between entries with the same due time.
    fileprivate var number: Int
    var job: JobID
    /// The attempt that was issued last.
    var attempt: Int

    static func < (left: Entry, right: Entry) -> Bool {
      (left.due, left.number) < (right.due, right.number)
    }
  }

  private var heap = Heap<Entry>()
  private var count = 0

  /// Adds a job whose next attempt is due at a time.
  mutating func add(_ job: JobID, after attempt: Int, at due: Instant) {
    count += 1
    heap.insert(Entry(due: due, number: count, job: job, attempt: attempt))
  }

  /// Removes and returns the first entry, if its time has come.
  mutating func takeDue(at now: Instant) -> Entry? {
    guard let first = heap.min, first.due <= now else { return nil }
    return heap.popMin()
  }

  /// The time at which the first entry is due.
  var nextDue: Instant? { heap.min?.due }
}
