import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import SpoolWatcher
import Testing

/// Watched directories: what joins, when, and once.
struct BufferTests {
  let world: World

  init() throws {
    var setup = World.Setup()
    setup.pilots = 1
    world = try World(setup)
    try world.files.plantDirectories(World.buffer)
    world.run(for: 500)
  }

  private func path(_ name: String) -> String { "\(World.buffer)/\(name)" }

  private func plant(_ name: String, _ size: Int = 3) throws {
    try world.files.plant([UInt8](repeating: 7, count: size), at: path(name))
  }

  /// What events would tell.
  private func hear(_ name: String, isWhole: Bool) { hear(name, isWhole ? .movedIn : .created) }

  private func hear(_ name: String, _ news: DirectoryHints.News) {
    world.hints.directories[World.buffer, default: DirectoryHints()].names[name] = news
    world.startWatcher()
  }

  private var joined: [String] {
    world.catalogue("raw").map { String($0.dropFirst(World.buffer.count + 1)) }
  }

  /// Files that are there and files that come, all processed; the marker closes the dataset, and joins
  /// it not.
  @Test func filesJoinUntilTheMarkerComes() throws {
    for number in 0..<3 { try plant("a\(number).raw") }
    try world.watchBuffer("raw", #""pattern": "*.raw", "closeOn": "end.raw""#)
    try world.task("t", #""input": "raw", "command": ["work", "{input}"]"#)
    #expect(world.run(until: { joined.count == 3 }))
    for number in 0..<4 {
      try plant("b\(number).raw")
      try plant("b\(number).log")
      world.run(for: 700)
    }
    #expect(world.run(until: { joined.count == 7 }))
    world.run(for: 5000)
    #expect(!world.hasEnded("t") && world.state(ofDataset: "raw") == "open")
    try plant("end.raw", 0)
    #expect(world.settle())
    #expect(world.state(ofDataset: "raw") == "closed")
    #expect(joined.sorted() == (0..<3).map { "a\($0).raw" } + (0..<4).map { "b\($0).raw" })
    let line = try #require(world.lines("datasets/raw.jsonl").first)
    #expect(line["size"] == 3 && line["origin"] == ["watch": .string(World.buffer)])
    #expect(world.attempts("t").count == 7)
    #expect(world.faultsAtTheEnd("t", jobs: 7, outputs: 0) == [])
  }

  /// No request could hold such a name, so it does not join; it is counted, and the first is named.
  @Test func namesThatCannotJoinAreTold() throws {
    for name in ["a.raw", "b\nc.raw", "d\u{1B}[1m.raw", "e\n.log"] { try plant(name) }
    try world.watchBuffer("raw", #""pattern": "*.raw""#)
    #expect(world.run(until: { joined == ["a.raw"] }))
    world.run(for: 5000)
    let status = String(decoding: world.files.peek("\(World.root)/STATUS") ?? [], as: UTF8.self)
    #expect(status.contains("2 names hold control characters, as \""), "\(status)")
    #expect(status.contains("b\\nc.raw") || status.contains("d\\u{1b}[1m.raw"))
    #expect(!status.contains("\u{1B}"))
    #expect(joined == ["a.raw"])
  }

  /// Where it can be known who has a file open, it does not join before they close it, however long
  /// they pause.
  @Test func aFileThatIsOpenWaits() throws {
    try world.watchBuffer("raw")
    try plant("slow")
    try world.files.countWriters(1, of: path("slow"))
    for _ in 0..<4 {
      world.run(for: 8000)
      #expect(joined == [])
      try world.files.append([1], to: path("slow"))
    }
    world.run(for: 8000)
    #expect(joined == [])
    try world.files.countWriters(-1, of: path("slow"))
    #expect(world.run(atMost: 3000, until: { joined == ["slow"] }))
    #expect(world.lines("datasets/raw.jsonl").first?["size"] == 7)
  }

  /// Where it cannot, and no event comes, it joins once it has stood still.
  @Test func aFileThatGrowsWaits() throws {
    world.files.knowsWriters = false
    try world.watchBuffer("raw", settle: "2s")
    try plant("slow")
    for _ in 0..<8 {
      world.run(for: 1500)
      #expect(joined == [])
      try world.files.append([1], to: path("slow"))
    }
    #expect(world.run(atMost: 4000, until: { joined == ["slow"] }))
    #expect(world.lines("datasets/raw.jsonl").first?["size"] == 11)
  }

  /// What was seen to be made waits for its close, though it stands still.
  @Test func aFileThatWasSeenToBeMadeWaitsForItsClose() throws {
    world.files.knowsWriters = false
    try world.watchBuffer("raw")
    world.run(for: 1000)
    try plant("slow")
    hear("slow", isWhole: false)
    world.run(for: 20_000)
    #expect(joined == [])
    hear("slow", isWhole: true)
    #expect(world.run(atMost: 100, until: { joined == ["slow"] }))
  }

  /// A file that is appended to soon after its close joins as a whole.
  @Test func aClosedFileJoinsWhenItHasStoodStill() throws {
    try world.watchBuffer("raw", settle: "1h", #""minAge": "3s""#)
    world.run(for: 1000)
    try plant("log")
    hear("log", .closed)
    world.run(for: 2000)
    try world.files.append([1], to: path("log"))
    hear("log", .closed)
    world.run(for: 2500)
    #expect(joined == [])
    #expect(world.run(atMost: 1300, until: { joined == ["log"] }))
    #expect(world.lines("datasets/raw.jsonl").first?["size"] == 4)
  }

  /// A file that grew after it had joined is processed as it is at the next attempt; one whose size a
  /// manifest gave is not.
  @Test func aFileThatGrewLater() throws {
    try plant("late")
    try world.watchBuffer("raw")
    #expect(world.run(until: { joined == ["late"] }))
    try world.files.append([1, 2], to: path("late"))
    try world.files.plant([1, 2, 3], at: "/data/given")
    try world.drop(
      "given.json",
      #"{"kind": "dataset", "name": "given", "files": [{"path": "given", "size": 2}], "closed": true}"#
    )
    for name in ["raw", "given"] {
      try world.task(
        "of.\(name)", "\"input\": \"\(name)\", \"command\": [\"work\", \"{input}\"]")
    }
    #expect(world.run(until: { world.attempts("of.raw") == ["00 a1 input", "00 a2 ok"] }))
    #expect(world.run(atMost: 600_000, until: { world.hasEnded("of.given") }))
    #expect(world.attempts("of.given").allSatisfy { $0.hasSuffix("input") })
  }

  /// After events may have been lost its close may have been among them.
  @Test func aLostCloseIsNotWaitedFor() throws {
    world.files.knowsWriters = false
    try world.watchBuffer("raw")
    world.run(for: 1000)
    try plant("slow")
    hear("slow", isWhole: false)
    world.run(for: 5000)
    #expect(joined == [])
    world.hints.directories[World.buffer, default: DirectoryHints()].rescan = true
    #expect(world.run(atMost: 3000, until: { joined == ["slow"] }))
  }

  @Test func anEventIsEnoughWhereNobodyWrites() throws {
    try world.watchBuffer("raw", settle: "1h")
    world.run(for: 1000)
    for name in ["a", "b"] {
      try plant(name)
      hear(name, isWhole: true)
      #expect(world.run(atMost: 100, until: { joined.contains(name) }))
    }
    // Moved in while somebody writes it; made empty, to be written later.
    try plant("open")
    try world.files.countWriters(1, of: path("open"))
    try plant("empty", 0)
    for name in ["open", "empty"] { hear(name, isWhole: true) }
    world.run(for: 10_000)
    #expect(joined == ["a", "b"])
    try world.files.append([1], to: path("empty"))
    try world.files.countWriters(-1, of: path("open"))
    for name in ["open", "empty"] { hear(name, isWhole: true) }
    #expect(world.run(atMost: 100, until: { joined.count == 4 }))
  }

  @Test func onlyFilesJoinAndNoHiddenOnes() throws {
    try world.files.plant(.directory, at: path("dir"))
    try world.files.plant(.link, at: path("link"))
    try world.files.plant(.other, at: path("fifo"))
    for name in [".hidden", ".spool.a1@node-1.x", "new\nline", "good"] { try plant(name) }
    try world.watchBuffer("raw", #""closeOn": "end""#)
    world.run(for: 20_000)
    #expect(joined == ["good"])
    for name in ["dir", "link", "fifo", ".hidden"] { hear(name, isWhole: true) }
    try plant("end")
    #expect(world.run(until: { world.state(ofDataset: "raw") == "closed" }))
    #expect(joined == ["good"])
  }

  /// What is not whole when the marker comes is waited for.
  @Test func theMarkerWaitsForWhatIsBeingWritten() throws {
    try world.watchBuffer("raw", #""closeOn": "end""#)
    try plant("slow")
    try world.files.countWriters(1, of: path("slow"))
    try plant("a")
    try plant("end")
    world.run(for: 20_000)
    #expect(joined == ["a"] && world.state(ofDataset: "raw") == "open")
    try plant("late")
    try world.files.countWriters(-1, of: path("slow"))
    #expect(world.run(atMost: 6000, until: { world.state(ofDataset: "raw") == "closed" }))
    #expect(joined.sorted() == ["a", "late", "slow"])
  }

  /// But not for longer than a dataset is (R10).
  @Test func whatIsNeverClosedIsNotWaitedForForEver() throws {
    try world.watchBuffer("raw", #""closeOn": "end""#)
    try plant("stuck")
    try world.files.countWriters(1, of: path("stuck"))
    try plant("end")
    world.run(for: 50_000)
    #expect(world.state(ofDataset: "raw") == "open")
    #expect(world.run(atMost: 20_000, until: { world.state(ofDataset: "raw") == "incomplete" }))
    #expect(joined == [])
  }

  @Test func twoWatchesWaitForBothMarkers() throws {
    try world.files.plantDirectories("/data/other")
    try world.watchBuffer("raw", #""closeOn": "end""#)
    try world.watchBuffer("raw", directory: "/data/other", #""closeOn": "end""#)
    try plant("a")
    try world.files.plant([1], at: "/data/other/a")
    try plant("end")
    world.run(for: 10_000)
    #expect(world.state(ofDataset: "raw") == "open")
    try world.files.plant([1], at: "/data/other/b")
    try world.files.plant([1], at: "/data/other/end")
    #expect(world.run(atMost: 6000, until: { world.state(ofDataset: "raw") == "closed" }))
    #expect(
      world.catalogue("raw").sorted() == [path("a"), "/data/other/a", "/data/other/b"])
    let again = "raw.9.json"
    try world.drop(
      again, #"{"kind":"dataset","name":"raw","watch":{"directory":"/data/more"}}"#)
    #expect(world.run(atMost: 5000, until: { world.refusal(again) != nil }))
    #expect(world.refusal(again)?.contains("is closed, with 3 files") == true)
  }

  /// Two patterns of one directory: neither takes the other's marker, nor a file twice.
  @Test func twoPatternsOfOneDirectory() throws {
    try world.watchBuffer("raw", #""pattern": "*.a*", "closeOn": "end.b""#)
    try world.watchBuffer("raw", #""pattern": "*.?b", "closeOn": "end.a""#)
    for name in ["1.a", "2.ab", "3.b", "4.éb"] { try plant(name) }
    for name in ["end.a", "end.b"] { try plant(name) }
    #expect(world.run(atMost: 8000, until: { world.state(ofDataset: "raw") == "closed" }))
    #expect(joined.sorted() == ["1.a", "2.ab", "4.éb"])
  }

  /// A file that a manifest named does not join again, nor may one name what has joined.
  @Test func besideManifests() throws {
    try plant("a")
    try plant("b")
    try world.drop(
      "m.json", #"{"kind": "dataset", "name": "raw", "files": ["/data/buffer/a"]}"#)
    try world.watchBuffer("raw", #""closeOn": "end""#)
    #expect(world.run(atMost: 5000, until: { joined.count == 2 }))
    world.run(for: 5000)
    #expect(joined == ["a", "b"])
    try world.drop("n.json", #"{"kind":"dataset","name":"raw","files":["/d/c","/data/buffer/b"]}"#)
    #expect(world.run(atMost: 5000, until: { world.refusal("n.json") != nil }))
    #expect(world.refusal("n.json")?.contains("is in the dataset raw already") == true)
    try world.drop("o.json", #"{"kind": "dataset", "name": "raw", "closed": true}"#)
    #expect(world.run(atMost: 5000, until: { world.state(ofDataset: "raw") == "closed" }))
    #expect(joined == ["a", "b"])
  }

  /// No dataset both watches and is filled by a task: a file might join it twice.
  @Test func neitherWatchedAndFilled() throws {
    try world.watchBuffer("raw")
    world.run(for: 500)
    try world.task(
      "t", #""input":{"count":1},"command":["w"],"outputs":[{"path":"/data/x","dataset":"raw"}]"#)
    #expect(world.run(atMost: 5000, until: { world.refusal("t.json") != nil }))
    #expect(world.refusal("t.json")?.contains("watches /data/buffer") == true)
    try world.task("u", #""input":"later","command":["w"],"outputs":[{"path":"/data/{stem}"}]"#)
    try world.drop(
      "u2.json", #"{"kind":"dataset","name":"u","watch":{"directory":"/data/buffer"}}"#)
    #expect(world.run(atMost: 5000, until: { world.refusal("u2.json") != nil }))
    #expect(world.refusal("u2.json")?.contains("filled by the task u") == true)
    try world.drop(
      "v.json", #"{"kind":"dataset","name":"v","watch":{"directory":"\#(World.root)/incoming"}}"#)
    #expect(world.run(atMost: 5000, until: { world.refusal("v.json") != nil }))
    #expect(world.refusal("v.json")?.contains("inside the spool") == true)
  }

  @Test func aDirectoryThatIsNotThereIsWaitedFor() throws {
    try world.watchBuffer("raw", directory: "/data/later", #""closeOn": "end""#)
    #expect(
      world.run(atMost: 5000, until: { world.status.contains("/data/later is not there yet") }))
    try world.files.plantDirectories("/data/later")
    try world.files.plant([1], at: "/data/later/a")
    #expect(world.run(atMost: 5000, until: { world.catalogue("raw") == ["/data/later/a"] }))
    #expect(world.run(atMost: 3000, until: { world.status.contains("for end") }))
    #expect(!world.status.contains("not there yet"))
  }

  @Test func aDirectoryThatCannotBeReadIsTold() throws {
    try plant("a")
    world.faults.before { party, call, _ in
      party == .watcher && call.operation == .list && call.path == World.buffer ? .fails(13) : nil
    }
    try world.watchBuffer("raw")
    #expect(world.run(atMost: 5000, until: { world.status.contains("EACCES") }))
    world.run(for: 5000)
    #expect(joined == [])
    world.faults.clear()
    #expect(world.run(atMost: 5000, until: { joined == ["a"] }))
  }

  /// What has joined costs nothing any more: neither when a file comes nor when time passes.
  @Test func whatHasJoinedCostsNothing() throws {
    // Long names: a catalogue that were read again would show.
    let name = { (number: Int) in String(repeating: "x", count: 200) + "\(number)" }
    try world.watchBuffer("raw", settle: "4s")
    world.run(for: 1000)
    let listings = Log<String>()
    world.faults.watch { party, call in
      if party == .watcher, call.path == World.buffer { listings.add(call.path) }
    }
    var costs: [Int] = []
    var idle: [Int] = []
    for round in 1...3 {
      for number in (round - 1) * 1500..<round * 1500 {
        try plant(name(number))
        hear(name(number), isWhole: true)
      }
      let count = round * 1502 - 1
      #expect(world.run(until: { world.lineCount("datasets/raw.jsonl") == count - 1 }))
      // Of two that come one after the other the second: what one brings about is seen there.
      world.run(for: 5000)
      var before = world.faults.counts(.watcher)
      for number in 0...1 {
        before = world.faults.counts(.watcher)
        try plant("\(number)of\(round)")
        hear("\(number)of\(round)", isWhole: true)
        #expect(world.run(until: { world.lineCount("datasets/raw.jsonl") == count + number }))
      }
      costs.append((world.faults.counts(.watcher) - before).total)
      let (joined, listed) = (world.faults.counts(.watcher), listings.all.count)
      world.run(for: 20_000)
      idle.append((world.faults.counts(.watcher) - joined).total)
      #expect(listings.all.count - listed <= 25)
    }
    #expect((costs.max() ?? 0) - (costs.min() ?? 0) <= 3, "\(costs)")
    #expect((idle.max() ?? 0) <= (idle.min() ?? 0) * 11 / 10, "\(idle)")
  }
}
