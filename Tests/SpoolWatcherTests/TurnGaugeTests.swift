import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

@testable import SpoolWatcher

/// What a watcher tells of its turns, and a ledger of an attempt's times.
struct TurnGaugeTests {
  @Test func theLongestIsOfTheLastMinute() {
    var gauge = TurnGauge()
    func note(_ begin: Int, _ taken: Int) {
      gauge.note(
        from: Instant(milliseconds: begin), to: Instant(milliseconds: begin + taken))
    }
    #expect(gauge.turns == WatcherRecord.Turns(count: 0, time: .zero, longest: .zero))
    note(0, 400)
    note(1000, 20)
    #expect(gauge.turns.count == 2 && gauge.turns.time == .milliseconds(420))
    #expect(gauge.turns.longest == .milliseconds(400))
    note(59_000, 30)
    #expect(gauge.turns.longest == .milliseconds(400))
    note(61_000, 30)
    #expect(gauge.turns.longest == .milliseconds(30))
    // After a pause of hours nothing of before counts.
    note(9_000_000, 5)
    #expect(gauge.turns.longest == .milliseconds(5) && gauge.turns.count == 5)
  }

  @Test func theRecordTellsThem() throws {
    let world = try World(World.Setup())
    try world.task("t", LifeTests.members)
    #expect(world.settle(), "\(world.said)")
    let bytes = try #require(world.files.peek("\(World.root)/watcher.json"))
    let turns = try #require(WatcherRecord(bytes)?.turns)
    #expect(turns.count > 3)
    for bad: JSON in [["count": 1], ["count": -1, "time": 0, "longest": 0], 7] {
      #expect(WatcherRecord.Turns(json: bad) == nil)
    }
  }

  /// A ledger says since when a job was ready, and since when its outputs were staged.
  @Test func attemptsTellTheirTimes() throws {
    let world = try World(World.Setup())
    try world.task("t", LifeTests.members)
    #expect(world.settle(), "\(world.said)")
    let lines = world.lines("ledger/t.jsonl").filter { $0["outcome"] == "ok" }
    #expect(lines.count == 6)
    for line in lines {
      let times = ["readyAt", "started", "stagingAt", "ended"].map { line[$0]?.integer }
      let known = times.compactMap(\.self)
      #expect(known.count == 4 && known == known.sorted(), "\(times)")
    }
  }
}
