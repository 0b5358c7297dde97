import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

@testable import SpoolWatcher

/// A record that contradicts the state is refused with a reason, and the state stays as it was: one
/// that is half right must not be acted upon (R6).
struct SpoolStateTests {
  private typealias Text = RecordTexts

  /// A task with two jobs in work, one of them accepted; one that ended; one that is packed; a chain
  /// in work; a dataset without a watch, and one with a watch.
  static let records = [
    Text.producer("t"), Text.formed("t", 3), Text.accepted("t.00000002", outputs: Text.output),
    Text.task("over"), Text.ended("over"), Text.task("old"), Text.ended("old"), Text.packed("old"),
    Text.chain("run", "a", "b"), Text.ended("run.a"), Text.manifest("raw"),
    Text.manifest("seen", #","watch":{"directory":"/b","pattern":"*"}"#),
  ]

  private static func order(_ type: String, _ more: String) -> String {
    #"{"type":"\#(type)","dataset":"nothing"\#(more)}"#
  }

  private static func joined(_ dataset: String, _ watch: Int) -> String {
    """
    {"type":"joined","dataset":"\(dataset)","watch":\(watch),"files":1,"bytes":1,"length":200,"at":9}
    """
  }

  private static func attempt(_ job: String) -> String {
    #"{"type":"attempt","job":"\#(job)","attempt":2}"#
  }

  private static func published(_ job: String) -> String {
    #"{"type":"published","job":"\#(job)"}"#
  }

  private static let deletion = """
    {"type":"deleting","owner":7,"at":9,"key":"k","request":{"kind":"delete","dataset":"nothing"}}
    """

  /// What the state contradicts, and the reason that is told.
  static let contradictions: [(record: String, reason: String)] = [
    (Text.task("t"), "there is a task t already"),
    (Text.task("over"), "there is a task over already"),
    (Text.chain("run", "c"), "there is a chain run already"),
    (Text.formed("nobody", 1), "there is no task nobody"),
    (Text.formed("over", 1), "the task over has ended"),
    (attempt("t.00000003"), "t.00000003 is not in work"),
    (attempt("nobody.00000000"), "nobody.00000000 is not in work"),
    (Text.accepted("t.00000003"), "t.00000003 is not in work"),
    (Text.accepted("over.00000000"), "over.00000000 is not in work"),
    (Text.failed("t.00000003"), "t.00000003 is not in work"),
    (Text.failed("t.00000003", retryAt: 90), "t.00000003 is not in work"),
    (published("t.00000000"), "no result of t.00000000 is accepted"),
    (published("t.00000003"), "no result of t.00000003 is accepted"),
    (Text.ended("nobody"), "there is no task nobody"),
    (Text.ended("over", "failed"), "the task over has ended already"),
    (Text.ended("old"), "there is no task old"),
    (Text.ended("run"), "there is no task run"),
    (Text.control("cancel", "nobody"), "there is no task or chain nobody"),
    (Text.control("retry", "old"), "there is no task or chain old"),
    (#"{"type":"revived","task":"nobody","at":9,"jobs":[]}"#, "there is no task nobody"),
    (joined("nothing", 0), "there is no dataset nothing"),
    (joined("raw", 0), "the dataset raw has no watch 0"),
    (joined("seen", 1), "the dataset seen has no watch 1"),
    (joined("seen", -1), "the dataset seen has no watch -1"),
    (order("closed", #","complete":true"#), "there is no dataset nothing"),
    (order("removing", #","ranges":[[0,1]]"#), "there is no dataset nothing"),
    (
      order("removed", #","ranges":[[0,1]],"files":1,"bytes":1"#), "there is no dataset nothing"
    ),
    (order("deleted", ""), "there is no dataset nothing"),
    (order("forgotten", ""), "there is no dataset nothing"),
    (deletion, "there is no dataset nothing"),
    (Text.packed("nobody"), "nobody is no task or chain that has ended"),
    (Text.packed("t"), "t is no task or chain that has ended"),
    (Text.packed("run"), "run is no task or chain that has ended"),
    (Text.packed("run.a"), "run.a is no task or chain that has ended"),
    (Text.packed("old"), "old is no task or chain that has ended"),
    (Text.expired("over"), "over is not packed"),
    (Text.cleared("over"), "over is not packed"),
    (Text.cleared("nobody"), "nobody is not packed"),
  ]

  /// All that there is in a state, in words.
  private func contents(_ state: SpoolState) -> [String] {
    let json = String(decoding: state.json(leaving: []).compact, as: UTF8.self)
    return [
      json, "\(state.live)", "\(state.latest)", "\(state.packedTasks)",
      "\(state.watched.sorted())", "\(state.removing.sorted())",
      "\(state.readers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.sorted())" })",
    ]
  }

  @Test(arguments: contradictions) func refused(_ record: String, _ reason: String) throws {
    var state = try Text.state(Self.records)
    let before = contents(state)
    let json = try #require(try JSON.parse(Array(record.utf8)).object)
    let error = #expect(throws: Contradiction.self) { try state.take(record) }
    #expect(error?.reason == reason)
    #expect(error?.type == json["type"]?.string)
    #expect(contents(state) == before)
  }

  /// The same state takes what is right: the refusals are not of everything.
  @Test func whatIsRightIsTaken() throws {
    var state = try Text.state(Self.records)
    let good = [
      Text.task("new"), Text.chain("walk", "a"), Text.formed("t", 1, first: 3),
      Self.attempt("t.00000000"),
      Text.accepted("t.00000000").replacing(#""attempt":1"#, with: #""attempt":2"#),
      Self.published("t.00000002"),
      Text.failed("t.00000001"), Self.joined("seen", 0), Text.control("cancel", "run"),
      Text.ended("run.b"), Text.packed("run"), Text.cleared("old"), Text.expired("old"),
      Text.cleared("old"), Text.ended("t", "failed"), Text.packed("over"),
    ]
    for record in good {
      let before = contents(state)
      try state.take(record)
      #expect(contents(state) != before, "\(record)")
    }
    let old = try Text.name("old")
    let task = try Text.name("t")
    #expect(state.packed[old] == nil)
    #expect(state.tasks[task]?.done == 2)
  }

  /// A checkpoint holds the state: read again, it refuses the same.
  @Test func aCheckpointRefusesTheSame() throws {
    let state = try Text.state(Self.records)
    var again = try #require(Checkpoint(state.json(leaving: []))).state
    #expect(contents(again) == contents(state))
    for (record, reason) in Self.contradictions {
      let error = #expect(throws: Contradiction.self) { try again.take(record) }
      #expect(error?.reason == reason)
    }
    #expect(contents(again) == contents(state))
  }

  // MARK: The watcher's start

  /// A journal's segment with these records, each line with its number and checksum.
  private static func segment(_ records: [String]) -> [UInt8] {
    let all = [#"{"type":"segment","format":1,"epoch":1}"#] + records
    return all.enumerated().flatMap { number, record in
      let json = "{\"n\":\(number + 1),\(record.dropFirst())"
      return Array("\(CRC32.hex(json.utf8)) \(json)\n".utf8)
    }
  }

  /// A world whose journal was written by somebody else, with a job of his in each directory.
  private static func world(_ records: [String]) throws -> World {
    var setup = World.Setup()
    setup.pilots = 0
    let world = try World(setup)
    try world.files.plant(segment(records), at: world.spool.layout.segment(1))
    let job = "p5.t.00000000.a1.c1.m1908.g0.w3600"
    try world.files.plant(Array("x".utf8), at: "\(World.root)/ready-cpu/\(job).json")
    try world.files.plant(Array("x".utf8), at: "\(World.root)/done/\(job)@n-00000001.json")
    try world.files.plant(Array("abc".utf8), at: "/data/out/.spool.a1@n-00000001.0")
    return world
  }

  @Test(arguments: [0, 3, 5, 9, 11, 14, 22, 34, 36])
  func aJournalWithOneEndsTheStart(_ number: Int) throws {
    let (record, reason) = Self.contradictions[number]
    let world = try Self.world(Self.records + [record, Text.task("after")])
    let type = try #require(try JSON.parse(Array(record.utf8))["type"]?.string)
    let files = { world.files.paths(below: World.root).filter { !$0.contains("/watcher.") } }
    let before = files()
    let journal = world.files.peek(world.spool.layout.segment(1))
    world.run(atMost: 30_000, until: { !world.errors.isEmpty })
    let error = try #require(world.errors.first)
    #expect(
      "\(error)"
        == "the journal contradicts itself: the record \"\(type)\" cannot follow: \(reason)")
    world.run(for: 5000)
    #expect(world.watcher == nil)
    #expect(files() == before)
    #expect(world.files.peek(world.spool.layout.segment(1)) == journal)
    #expect(world.files.peek("/data/out/.spool.a1@n-00000001.0") != nil)
  }

  /// The same journal without that record is taken over: it is the record that ends the start.
  @Test func aJournalWithoutOneIsTakenOver() throws {
    let world = try Self.world(Self.records + [Text.task("after")])
    #expect(world.run(atMost: 30_000, until: { world.watcher != nil }))
    #expect(world.errors.isEmpty, "\(world.errors)")
  }
}
