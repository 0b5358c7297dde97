internal import HeapModule
internal import SpoolModel

/// Jobs that wait for their next attempt, the first due first. An entry says after which attempt it
/// comes, so that one that has been overtaken is recognised.
struct RetryQueue {
  struct Entry: Comparable {
    var due: Instant
    /// Entries with one due time are taken in the order in which they came.
    fileprivate var number: Int
    var job: JobID
    /// The last attempt that was issued.
    var attempt: Int

    static func < (left: Entry, right: Entry) -> Bool {
      (left.due, left.number) < (right.due, right.number)
    }
  }

  private var heap = Heap<Entry>()
  private var count = 0

  mutating func add(_ job: JobID, after attempt: Int, at due: Instant) {
    count += 1
    heap.insert(Entry(due: due, number: count, job: job, attempt: attempt))
  }

  /// Puts back an entry that was taken, to its old place.
  mutating func putBack(_ entry: Entry) { heap.insert(entry) }

  /// Removes and returns the first entry, if its time has come.
  mutating func takeDue(at now: Instant) -> Entry? {
    guard let first = heap.min, first.due <= now else { return nil }
    return heap.popMin()
  }

  /// When the first entry is due.
  var nextDue: Instant? { heap.min?.due }
}
