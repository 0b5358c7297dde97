import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

/// The one durable record (DESIGN 4): what is in it stays, what is damaged is not believed.
struct JournalTests {
  let files = MemoryFileSystem()
  let spool: Spool

  init() throws {
    try files.plantDirectories("/data")
    try Spool.create("/data/spool", files: files)
    spool = try Spool.open("/data/spool", files: files)
  }

  private func open() throws -> Journal {
    let end = try JournalReader(spool).replay(checkpoint: { _ in }, record: { _, _ in })
    return try Journal(spool, epoch: 1, after: end)
  }

  private func append(_ texts: String..., to journal: Journal) throws {
    for text in texts { journal.append(JSONObject([.init("type", .string(text))])) }
    try journal.commit()
  }

  private func read() throws -> [String] {
    var types: [String] = []
    _ = try JournalReader(spool).replay(
      checkpoint: { types = ["checkpoint \($0["state"]?.string ?? $0.string ?? "?")"] },
      record: { record, _ in types.append(record["type"]?.string ?? "?") })
    return types
  }

  private func segment(_ number: Int) -> [UInt8] { files.peek(spool.layout.segment(number)) ?? [] }

  @Test func severalLives() throws {
    try append("a", "b", to: try open())
    try append("c", to: try open())
    try append("d", to: try open())
    #expect(try read() == ["a", "b", "c", "d"])
  }

  /// Cut anywhere, the last segment is good up to its last whole line; and the next life goes on.
  @Test func tornTail() throws {
    try append("a", "b", to: try open())
    let whole = segment(1)
    let lines = whole.split(separator: 10).map { $0.count + 1 }
    for count in lines[0]..<whole.count {
      try files.plant(Array(whole.prefix(count)), at: spool.layout.segment(1))
      let expected = count >= lines[0] + lines[1] - 1 ? ["a"] : []
      let tail = count == whole.count - 1 ? ["a", "b"] : expected
      #expect(try read() == tail, "cut after \(count)")
      try append("c", to: try open())
      #expect(try read() == tail + ["c"], "cut after \(count)")
      try files.remove(spool.layout.segment(2))
    }
  }

  /// A line whose checksum is wrong, with another segment behind it: refused, not skipped.
  @Test func damagedMiddle() throws {
    try append("a", "b", "c", to: try open())
    try append("d", to: try open())
    let whole = segment(1)
    let place = whole.count / 2
    for place in [place, whole.count - 4] {
      var bad = whole
      bad[place] ^= 1
      try files.plant(bad, at: spool.layout.segment(1))
      #expect(throws: JournalError.self) { try read() }
    }
    try files.plant(whole, at: spool.layout.segment(1))
    #expect(try read() == ["a", "b", "c", "d"])
    try files.remove(spool.layout.segment(1))
    #expect(throws: JournalError.self) { try read() }
  }

  /// A changed byte in the last segment's last line is no torn end: the line is whole, and was
  /// acknowledged.
  @Test func damagedLastLine() throws {
    try append("a", "b", to: try open())
    var bad = segment(1)
    bad[bad.count - 4] ^= 1
    try files.plant(bad, at: spool.layout.segment(1))
    #expect(throws: JournalError.self) { try read() }
  }

  /// After a checkpoint the last segment is one line long. Damaged, empty or gone, it must not be
  /// taken for one that was never finished: the journal would begin anew.
  @Test(arguments: ["flip", "empty", "gone"]) func damagedOnlyLine(how: String) throws {
    let journal = try open()
    try append("a", to: journal)
    try journal.checkpoint("one") { _ in }
    let path = spool.layout.segment(2)
    var bad = segment(2)
    bad[20] ^= 1
    switch how {
    case "flip": try files.plant(bad, at: path)
    case "empty": try files.plant([], at: path)
    default: try files.remove(path)
    }
    let error = #expect(throws: JournalError.self) { try read() }
    #expect(error?.description.contains("00000002.log") == true)
    #expect(error?.description.contains("spool recover") == true)
    #expect(files.peek(spool.layout.checkpoint(2)) != nil)
  }

  /// Every flipped bit of a checkpoint is found.
  @Test func damagedCheckpoint() throws {
    let journal = try open()
    try append("a", to: journal)
    try journal.checkpoint("one") { _ in }
    let path = spool.layout.checkpoint(2)
    let good = try #require(files.peek(path))
    for bit in 0..<good.count * 8 - 8 {
      var bad = good
      bad[bit / 8] ^= 1 << UInt8(bit % 8)
      try files.plant(bad, at: path)
      #expect(throws: JournalError.self, "bit \(bit)") { try read() }
    }
  }

  /// A checkpoint without a seal, as the first version wrote it, is taken over.
  @Test func unsealedCheckpoint() throws {
    let journal = try open()
    try append("a", to: journal)
    try journal.checkpoint("one") { _ in }
    let old = #"{"format":1,"segment":2,"sequence":2,"state":"old"}"#
    try files.plant(Array(old.utf8), at: spool.layout.checkpoint(2))
    #expect(try read() == ["checkpoint old"])
  }

  /// What the salvage reads of a damaged checkpoint and of damaged lines: the checkpoint before, and
  /// every good line since.
  @Test func salvage() throws {
    let journal = try open()
    try append("a", to: journal)
    try journal.checkpoint("one") { _ in }
    try append("b", to: journal)
    try append("c", to: journal)
    try journal.checkpoint("two") { _ in }
    try append("d", to: journal)
    var bad = try #require(files.peek(spool.layout.checkpoint(3)))
    bad[30] ^= 1
    try files.plant(bad, at: spool.layout.checkpoint(3))
    #expect(throws: JournalError.self) { try read() }
    var salvage = try JournalSalvage(spool)
    #expect(salvage.checkpoint == "one")
    #expect(salvage.lines.map { $0.record["type"]?.string } == ["b", "c", "d"])
    #expect(salvage.damages.map(\.place) == ["journal/00000003.checkpoint.json"])
    var lines = segment(2)
    let second = lines.split(separator: 10)[1].startIndex
    lines[second + 20] ^= 1
    try files.plant(lines, at: spool.layout.segment(2))
    salvage = try JournalSalvage(spool)
    #expect(salvage.lines.map { $0.record["type"]?.string } == ["c", "d"])
    #expect(salvage.damages.last?.message.contains("byte \(second)") == true)
  }

  /// A changed byte before a good line is no torn end: what follows was acknowledged.
  @Test func damagedLineBeforeAGoodOne() throws {
    try append("a", "b", "c", to: try open())
    var bad = segment(1)
    let lines = bad.split(separator: 10)
    bad[lines[2].startIndex + 20] ^= 1
    try files.plant(bad, at: spool.layout.segment(1))
    #expect(throws: JournalError.self) { try read() }
  }

  /// A failed write is cut off, its lines are kept and written by the next commit.
  @Test(arguments: [0, 1, 20]) func failedWrite(after count: Int) throws {
    let journal = try open()
    try append("a", to: journal)
    files.onCall = { $0.operation == .write ? .torn(after: count, 28) : nil }
    #expect(throws: JournalError.self) { try append("b", to: journal) }
    #expect(journal.isDirty)
    #expect(try read() == ["a"])
    files.onCall = nil
    try append("c", to: journal)
    #expect(try read() == ["a", "b", "c"])
  }

  /// A failed fsync ends the watcher: what is on the disk is unknown.
  @Test func failedSync() throws {
    let journal = try open()
    files.onCall = { $0.operation == .sync ? .fails(5) : nil }
    do {
      try append("a", to: journal)
      Issue.record("should fail")
    } catch JournalError.sync {
    } catch {
      Issue.record("\(error)")
    }
  }

  /// Lines that were not synced are not promised; those that were outlive a power cut.
  @Test func powerCut() throws {
    let journal = try open()
    try append("a", "b", to: journal)
    files.crash()
    #expect(try read() == ["a", "b"])
  }

  @Test func checkpoint() throws {
    let journal = try open()
    try append("a", "b", to: journal)
    try journal.checkpoint("one") { _ in }
    try append("c", to: journal)
    #expect(try read() == ["checkpoint one", "c"])
    #expect(files.peek(spool.layout.segment(1)) != nil, "kept to make the checkpoint again")
    try append("more", to: journal)
    try journal.checkpoint("two") { _ in }
    try append("c", to: journal)
    #expect(try read() == ["checkpoint two", "c"])
    #expect(files.peek(spool.layout.segment(1)) == nil)
    try append("d", to: try open())
    #expect(try read() == ["checkpoint two", "c", "d"])
  }

  /// A checkpoint that dies, or fails, at any of its calls loses nothing.
  @Test(arguments: [false, true]) func checkpointAtEveryCall(dies: Bool) throws {
    for call in 1..<40 {
      let fresh = try JournalTests()
      try fresh.checkpointFails(at: call, dies: dies)
    }
  }

  private func checkpointFails(at call: Int, dies: Bool) throws {
    let journal = try open()
    try append("a", "b", to: journal)
    let nth = NthCall(call)
    files.onCall = { _ in nth.isNow() || (dies && nth.hasCome) ? .torn(after: 9, 5) : nil }
    try? journal.checkpoint("one") { _ in }
    files.onCall = nil
    let found = try read()
    #expect(found == ["a", "b"] || found == ["checkpoint one"], "call \(call)")
    if !dies {
      try append("c", to: journal)
      #expect(try read() == found + ["c"], "call \(call)")
      try journal.checkpoint("two") { _ in }
    }
    try append("d", to: try open())
    #expect(try read() == (dies ? found + ["d"] : ["checkpoint two", "d"]), "call \(call)")
  }

  /// A segment that cannot be read now, or that a listing omits, is not passed over.
  @Test func nothingIsPassedOver() throws {
    try append("a", to: try open())
    try append("b", to: try open())
    for call in 1..<20 {
      let nth = NthCall(call)
      files.onCall = { _ in nth.isNow() ? .fails(5) : nil }
      let found = try? read()
      files.onCall = nil
      #expect(found == nil || found == ["a", "b"], "call \(call)")
    }
    files.onListing = { _, listing in
      Listing(names: listing.names.filter { !$0.hasPrefix("00000002") }, unreadable: 0)
    }
    #expect(try read() == ["a", "b"])
  }
}
