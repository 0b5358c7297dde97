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
    let end = try JournalReader(spool).replay(checkpoint: { _ in }, record: { _ in })
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
      record: { types.append($0["type"]?.string ?? "?") })
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

  /// A changed byte in the last segment's last line ends the journal before it.
  @Test func damagedLastLine() throws {
    try append("a", "b", to: try open())
    var bad = segment(1)
    bad[bad.count - 4] ^= 1
    try files.plant(bad, at: spool.layout.segment(1))
    #expect(try read() == ["a"])
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
    #expect(files.peek(spool.layout.segment(1)) == nil)
    try append("d", to: try open())
    #expect(try read() == ["checkpoint one", "c", "d"])
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
