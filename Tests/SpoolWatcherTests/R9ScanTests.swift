import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import SpoolWatcher
import Testing

/// R9: events are hints and the scan is the truth; what is half-written is waited for.
struct R9ScanTests {
  let world: World

  init() throws {
    var setup = World.Setup()
    setup.pilots = 1
    world = try World(setup)
    world.run(for: 2500)
  }

  private let request = """
    {"kind": "task", "name": "t", "input": {"count": 2}, "command": ["work"]}
    """

  private func plant(_ text: some StringProtocol, at name: String = "t.json") throws {
    try world.files.plant(Array(text.utf8), at: "\(World.root)/incoming/\(name)")
  }

  /// Without any event a request is found by the scan, at the latest after its longest interval.
  @Test func foundWithoutAnEvent() throws {
    try plant(request)
    #expect(world.run(atMost: 3000, until: { world.said.contains { $0.contains("accepted") } }))
    #expect(world.settle())
    #expect(world.attempts("t").count == 2)
  }

  /// Written slowly, it is taken when it is whole: neither taken nor refused before.
  @Test func halfWritten() throws {
    for count in stride(from: 0, to: request.utf8.count, by: 9) {
      try plant(request.prefix(count))
      world.run(for: 700)
      #expect(world.names("incoming") == ["t.json"])
    }
    try plant(request)
    #expect(world.settle())
    #expect(world.attempts("t").count == 2)
    #expect(world.names("failed/@refused").isEmpty)
  }

  /// A manifest in lines reads as whole at any line's end, so it must stand still.
  @Test func halfWrittenLines() throws {
    var text = #"{"kind": "dataset", "name": "raw", "closed": true}"# + "\n"
    for number in 0..<5 {
      text += "{\"path\": \"/data/f\(number).raw\"}\n"
      try world.files.plant([1], at: "/data/f\(number).raw")
      try plant(text, at: "raw.jsonl")
      world.run(for: 700)
      #expect(world.names("incoming") == ["raw.jsonl"])
    }
    try world.task("t", #""input": "raw", "command": ["work", "{input}"]"#)
    #expect(world.settle())
    #expect(world.attempts("t").count == 5)
  }

  /// What is no JSON is refused once it has stood still, with line and column, and kept unchanged.
  @Test func refusedWhenItStandsStill() throws {
    let bad = "{\"kind\": \"task\",\n \"name\": }"
    try plant(bad)
    world.run(for: 900)
    #expect(world.names("failed/@refused").isEmpty)
    #expect(world.run(atMost: 8000, until: { world.names("failed/@refused").count == 2 }))
    #expect(world.files.peek("\(World.root)/failed/@refused/t.json") == Array(bad.utf8))
    let reason = world.files.peek("\(World.root)/failed/@refused/t.json.reason") ?? []
    #expect(String(decoding: reason, as: UTF8.self).contains("line 2"))
  }

  /// An event that says a file was closed makes it whole at once.
  @Test func closedByAnEvent() throws {
    try plant("{\"kind\": ")
    world.hints.incoming = true
    world.hints.closed = ["t.json"]
    world.startWatcher()
    #expect(world.run(atMost: 100, until: { world.names("failed/@refused").count == 2 }))
  }

  /// What is no request is left alone: links, directories, other names.
  @Test func foreignStays() throws {
    let incoming = "\(World.root)/incoming"
    try world.files.plant(.link, at: "\(incoming)/link.json")
    try world.files.plant(.directory, at: "\(incoming)/dir.json")
    try world.files.plant(.other, at: "\(incoming)/fifo.json")
    try world.files.plant([1], at: "\(incoming)/notes.txt")
    try world.files.plant([1], at: "\(incoming)/.hidden.json")
    world.run(for: 15_000)
    #expect(world.names("incoming").count == 5)
    #expect(world.names("failed/@refused").isEmpty)
    let status = String(decoding: world.files.peek("\(World.root)/STATUS") ?? [], as: UTF8.self)
    #expect(status.contains("notes.txt"))
  }

  /// Every listing omits a third of its entries, at random: all is done, only later, and once.
  @Test(arguments: 1...6) func listingsThatOmit(seed: Int) throws {
    let dice = Dice(seed)
    world.faults.bend { _, _, listing in
      var bent = listing
      bent.names = bent.names.filter { _ in !dice.roll(3333) }
      return bent
    }
    try world.task("t", LifeTests.members)
    #expect(world.run(atMost: 100_000, until: { world.hasEnded("t") }))
    world.faults.clear()
    #expect(world.settle())
    #expect(world.faultsAtTheEnd("t", jobs: 6) == [])
  }

  /// A listing that repeats entries changes nothing.
  @Test func listingsThatRepeat() throws {
    world.faults.bend { _, _, listing in
      Listing(names: listing.names + listing.names.reversed(), unreadable: 0)
    }
    try world.task("t", LifeTests.members)
    #expect(world.settle())
    world.faults.clear()
    #expect(world.attempts("t").count == 6)
    #expect(world.faultsAtTheEnd("t", jobs: 6) == [])
  }
}
