import SpoolModel
import SpoolTesting
import Testing

@testable import SpoolWatcher

/// Jobs that wait for their next attempt: the first due first, and those due at once in turn.
final class RetryQueueTests {
  private let task: Name
  private var queue = RetryQueue()

  init() throws { task = try #require(Name("t")) }

  private func moment(_ milliseconds: Int) -> Instant { Instant(milliseconds: milliseconds) }

  private func add(_ index: Int, at due: Int, attempt: Int = 1) {
    queue.add(JobID(task: task, index: index), after: attempt, at: moment(due))
  }

  private func takeOne(at now: Int) -> RetryQueue.Entry? { queue.takeDue(at: moment(now)) }

  /// The indices of all that is due.
  private func take(at now: Int) -> [Int] {
    var taken: [Int] = []
    while let entry = takeOne(at: now) { taken.append(entry.job.index) }
    return taken
  }

  @Test func theFirstDueFirst() {
    for (index, due) in [30, 10, 50, 20, 40].enumerated() { add(index, at: due) }
    #expect(take(at: 100) == [1, 3, 0, 4, 2])
  }

  @Test func tiesInTheOrderOfArrival() {
    let indices = [7, 3, 9, 1, 8, 2, 6, 4, 5, 0]
    for index in indices { add(index, at: 10) }
    #expect(take(at: 10) == indices)
  }

  /// Any times, many of them the same: as a stable sort has them.
  @Test(arguments: 1...5) func asAStableSort(seed: Int) {
    var random = SeededRandom(seed)
    let dues = (0..<500).map { _ in Int.random(in: 0..<40, using: &random) }
    for (index, due) in dues.enumerated() { add(index, at: due) }
    #expect(take(at: 40) == dues.indices.sorted { (dues[$0], $0) < (dues[$1], $1) })
  }

  @Test func nothingBeforeItsTime() {
    #expect(queue.nextDue == nil)
    add(0, at: 20)
    add(1, at: 10)
    #expect(queue.nextDue == moment(10))
    #expect(take(at: 9) == [])
    #expect(take(at: 10) == [1])
    #expect(queue.nextDue == moment(20))
    #expect(take(at: 19) == [])
    #expect(take(at: 20) == [0])
    #expect(queue.nextDue == nil)
  }

  /// An entry tells after which attempt it comes, and when it was due.
  @Test func whatAnEntrySays() throws {
    add(3, at: 12, attempt: 5)
    let entry = try #require(takeOne(at: 99))
    #expect(entry.job == JobID(task: task, index: 3))
    #expect(entry.attempt == 5 && entry.due == moment(12))
  }
}
