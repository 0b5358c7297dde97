import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

@testable import SpoolWatcher

/// Due times on the wall clock, waited for on the monotonic one: no wall clock that is set changes a
/// wait that was begun.
final class DeadlinesTests {
  private let time = ManualTime()
  private let turn: Turn
  private var deadlines = Deadlines<String>()

  init() throws {
    let files = MemoryFileSystem()
    try files.plantDirectories("/data")
    try Spool.create("/data/spool", files: files)
    let spool = try Spool.open("/data/spool", files: files)
    let record = WatcherRecord(
      epoch: 1, id: "1", host: "h", version: "test", process: ["pid": 1], at: time.timestamp)
    let placement = Placement()
    let views = ViewWriter(spool, placement: placement)
    let events = TurnEvents()
    let end = try JournalReader(spool).replay(checkpoint: { _ in }, record: { _ in })
    let commit = GroupCommit(
      spool, time: time, state: SpoolState(), journal: try Journal(spool, epoch: 1, after: end),
      lease: WatcherLease(spool, record, time: time, isGone: { _ in nil }), views: views,
      events: events)
    turn = Turn(
      commit: commit, placement: placement, events: events, time: time, say: { _ in })
  }

  private func note(_ key: String, _ due: Timestamp, atMost longest: Duration = .seconds(600)) {
    deadlines.note(due, for: key, atMost: longest, turn)
  }

  private func hasCome(_ key: String, _ due: Timestamp) -> Bool {
    deadlines.hasCome(due, for: key, at: turn.now)
  }

  @Test func comesInItsTime() {
    let due = turn.date + .seconds(10)
    note("a", due)
    #expect(deadlines.next == turn.now + .seconds(10))
    time.advance(9999)
    #expect(!hasCome("a", due) && deadlines.come(at: turn.now) == [])
    time.advance(1)
    #expect(hasCome("a", due) && deadlines.come(at: turn.now) == ["a"])
  }

  /// Set back or forth, by hours, and noted again and again: it is the wait that was begun.
  @Test(arguments: [-3600_000, 7200_000]) func aClockThatIsSet(by milliseconds: Int) {
    let due = turn.date + .seconds(10)
    note("a", due)
    time.setWallClock(by: milliseconds)
    note("a", due)
    time.advance(9999)
    note("a", due)
    #expect(!hasCome("a", due))
    time.advance(1)
    #expect(hasCome("a", due))
  }

  /// After a restart the wall clock is all there is: the wait has a limit, and is never negative.
  @Test func aClockThatWasSetBefore() {
    let due = turn.date + .seconds(10)
    time.setWallClock(by: -3600_000)
    note("late", due, atMost: .seconds(20))
    time.advance(19_999)
    #expect(!hasCome("late", due))
    time.advance(1)
    #expect(hasCome("late", due))
    time.setWallClock(by: 7200_000)
    note("early", due)
    #expect(hasCome("early", due))
    #expect(deadlines.next == Instant(milliseconds: 21_000))
  }

  /// Another due time for a key is another wait; the former one has not come.
  @Test func anotherDueTime() {
    let first = turn.date + .seconds(10)
    note("a", first)
    time.advance(10_000)
    let second = turn.date + .seconds(5)
    note("a", second)
    #expect(!hasCome("a", first) && !hasCome("a", second))
    time.advance(5000)
    #expect(hasCome("a", second) && !hasCome("a", first))
  }

  @Test func whatIsForgottenHasNotCome() {
    let due = turn.date
    for key in ["a", "b", "c"] { note(key, due) }
    #expect(deadlines.come(at: turn.now).sorted() == ["a", "b", "c"])
    deadlines.remove("a")
    #expect(!hasCome("a", due) && hasCome("b", due))
    deadlines.keep { $0 == "c" }
    #expect(deadlines.come(at: turn.now) == ["c"])
    deadlines.remove("c")
    #expect(deadlines.next == nil)
    #expect(!hasCome("never noted", due))
  }
}
