import Glibc
import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

/// The verbs that work on a spool's directories, on a spool in memory.
struct SpoolVerbTests {
  private let files = MemoryFileSystem()
  private let spool: Spool
  private let task: Name
  private let pilot: PilotName
  private let job: JobName

  init() throws {
    task = try #require(Name("t"))
    pilot = try #require(PilotName("node07-3fa91c22"))
    job = try #require(JobName(fileName: "p5.t.00000001.a1.c1.m100.g0.w60.json"))
    try files.plantDirectories("/data")
    try Spool.create("/data/spool", files: files)
    spool = try Spool.open("/data/spool", files: files)
  }

  // MARK: Directories

  /// Only what is missing is made. A file in the place of a directory is told at once.
  @Test func directoriesAreMadeAgain() throws {
    #expect(try spool.ensureDirectories() == [])
    try files.removeDirectory("/data/spool/logs")
    #expect(try spool.ensureDirectories() == ["logs"])
    try files.removeDirectory("/data/spool/logs")
    try files.plant([1], at: "/data/spool/logs")
    #expect(code { try spool.ensureDirectories() } == ENOTDIR)
  }

  // MARK: Limits

  /// It was taken for a full disk, and tried again for seven days.
  @Test func anInboxFileOverTheLimitIsNoFullDisk() throws {
    let name = InboxName(jobName: job, pilot: pilot, cause: nil)
    let bytes = [UInt8](repeating: 32, count: Limits.jobFile + 1)
    try files.create(
      spool.place(of: name.fileName, in: .done).absolute, bytes, durable: false)
    let error = try #require(throws: FileError.self) { try spool.read(name) }
    #expect(error.isTooLarge && error.isLasting)
    #expect(!error.isFull && error.longestWait == .zero)
  }

  @Test func aLineOverTheLimitIsNoFullDisk() throws {
    try spool.write(Array("0123456789\n".utf8), to: .ledger(task), at: 0)
    let view = try spool.open(.ledger(task))
    defer { view.close() }
    var lines = view.lines(longest: 9)
    let error = try #require(throws: FileError.self) { try lines.next() }
    #expect(error.isTooLarge && !error.isFull)
  }

  // MARK: Views and pages

  @Test func viewsAreReadByLines() throws {
    #expect(try spool.openIfPresent(.catalogue(task)) == nil)
    try spool.write(Array("a\nbc\n".utf8), to: .catalogue(task), at: 0)
    try spool.write(Array("d\ntorn".utf8), to: .catalogue(task), at: 5)
    try spool.settle(.catalogue(task), length: 7)
    let view = try #require(try spool.openIfPresent(.catalogue(task)))
    defer { view.close() }
    #expect(try view.size() == 7)
    var lines = view.lines(from: 2)
    var read: [String] = []
    while let line = try lines.next() { read.append(String(decoding: line.bytes, as: UTF8.self)) }
    #expect(read == ["bc", "d"])
    #expect(try spool.read(.catalogue(task), from: 2, count: 2) == Array("bc".utf8))
    let error = try #require(throws: FileError.self) {
      try spool.read(.catalogue(task), from: 5, count: 9)
    }
    #expect(error.code == EIO)
    #expect(spool.place(of: .catalogue(task)) == "datasets/t.jsonl")
    #expect(try spool.attributes(of: .catalogue(task))?.size == 7)
  }

  @Test func aLedgerIsFoundInTheArchive() throws {
    #expect(try spool.openLedger(of: task) == nil)
    try spool.beginArchive(task)
    try spool.write(Array("packed\n".utf8), task, task, .ledger, at: 0)
    try spool.finishArchive(task)
    let view = try #require(try spool.openLedger(of: task))
    defer { view.close() }
    #expect(try view.size() == 7)
  }

  @Test func pagesAreWrittenListedAndRemoved() throws {
    let page = Spool.Page.ended(task, failed: true)
    #expect(spool.read(page) == nil)
    #expect(try !spool.isWhole(page))
    try spool.write(Array(#"{"task":"t"}"#.utf8), to: page)
    #expect(spool.read(page)?["task"]?.string == "t")
    #expect(try spool.isWhole(page))
    #expect(try spool.pages(in: .outcome(failed: true), fresh: true) == [task])
    #expect(try spool.pages(in: .done, fresh: true).isEmpty)
    try spool.write(Array(#"{"task":"#.utf8), to: page)
    #expect(try !spool.isWhole(page))
    try spool.remove(page)
    try spool.remove(page)
    #expect(try spool.pages(in: .failed, fresh: true).isEmpty)
  }

  @Test func aForgottenDatasetLeavesNothing() throws {
    try spool.write([10], to: .catalogue(task), at: 0)
    try spool.write(Array("{}".utf8), to: .dataset(task))
    try spool.removeDataset(task)
    #expect(try spool.names(in: .datasets, fresh: true).isEmpty)
  }

  // MARK: Logs

  @Test func logsComeBackByTheirNames() throws {
    #expect(try spool.attributes(ofLog: task, of: pilot) == nil)
    try spool.write(Array("first ".utf8), toLog: task, of: pilot, at: 0)
    try spool.write(Array("second".utf8), toLog: task, of: pilot, at: 6)
    #expect(try spool.attributes(ofLog: task, of: pilot)?.size == 12)
    #expect(try spool.pilots(withLogOf: task) == [pilot])
    let name = "logs/t/\(pilot).log"
    #expect(try spool.read(logNamed: name, from: 6, count: 6) == Array("second".utf8))
    #expect(try spool.read(log: task, of: pilot, from: 0, count: 5) == Array("first".utf8))
    #expect(try spool.read(logNamed: "spool.json", from: 0, count: 1) == nil)
    #expect(try spool.read(logNamed: "logs/../spool.json", from: 0, count: 1) == nil)
  }

  @Test func packedLogsComeBackByTheirNames() throws {
    #expect(try spool.openPackedLogs(of: task) == nil)
    let name = "logs/t/\(pilot).log"
    let text = Array("printed".utf8)
    try spool.beginArchive(task)
    try spool.write(
      LogSection(file: name, length: text.count).header + text + [10], task, task, .log, at: 0)
    try spool.finishArchive(task)
    let logs = try #require(try spool.openPackedLogs(of: task))
    defer { logs.close() }
    #expect(try logs.read(logNamed: name, from: 2, count: 5) == Array("inted".utf8))
    #expect(try logs.read(logNamed: "logs/t/other.log", from: 0, count: 1) == nil)
  }

  // MARK: Requests

  @Test func aRequestIsDroppedTakenAndRefused() throws {
    try spool.drop(Array("{}".utf8), as: "t.json", by: "1")
    #expect(spool.isDropped("t.json"))
    let occupied = try #require(throws: FileError.self) {
      try spool.drop(Array("{}".utf8), as: "t.json", by: "2")
    }
    #expect(occupied.isOccupied)
    #expect(try spool.names(in: .incoming, fresh: true) == ["t.json"])
    let taken = try #require(try spool.takeRequest("t.json", number: 1))
    #expect(try spool.read(taken) == Array("{}".utf8))
    #expect(try spool.attributes(of: taken).size == 2)
    #expect(try spool.refusal(of: "t.json") == nil)
    try spool.refuse(taken, "no kind")
    #expect(try spool.refusedRequests() == ["t.json"])
    #expect(try spool.refusal(of: "t.json")?.reason == "no kind\n")
    #expect(spool.readRefused("t.json") == Array("{}".utf8))
  }

  // MARK: What is kept

  @Test func whatIsKeptOfATaskIsRemovedStepByStep() throws {
    try files.createDirectory("/data/spool/done/t")
    let names = (1...3).map { "p5.t.0000000\($0).a1.c1.m100.g0.w60@\(pilot).json" }
    for name in names + ["a person's own"] {
      try files.create("/data/spool/done/t/\(name)", Array("{}".utf8), durable: false)
    }
    let registered = try spool.registeredFiles(of: task)
    #expect(registered.map(\.place) == names.map { "done/t/\($0)" })
    #expect(try spool.read(registered[0]) == Array("{}".utf8))
    let kept = Spool.Kept.jobFiles(task, failed: false)
    #expect(kept.isDirectory)
    #expect(try !spool.remove(kept, atMost: 2).isThrough)
    #expect(try spool.remove(kept, atMost: 2).isThrough)
    #expect(try spool.read(registered[0]) == nil)
    #expect(try files.list("/data/spool/done/t", fresh: true).names == ["a person's own"])
    #expect(try spool.remove(.ledger(task), atMost: 1).isThrough)
    try spool.syncKept(hasRemoved: true, hasDatasets: true)
  }

  // MARK: Data

  @Test func aFileIsSetAsideUnderAFreeName() throws {
    for (number, expected) in ["/data/.aside/a", "/data/.aside/a.2"].enumerated() {
      try files.create("/data/a", [UInt8(number)], durable: false)
      #expect(try spool.setAside(data: "/data/a", into: ".aside") == expected)
    }
    #expect(try spool.attributes(ofData: "/data/a") == nil)
  }

  // MARK: Names

  @Test func placesAreRelativeToTheSpool() throws {
    #expect(spool.place(of: "x", in: .root) == "x")
    #expect(spool.place(of: "drain", in: .pilot(pilot)) == "running/\(pilot)/drain")
    #expect(try spool.namesIfPresent(in: .pilot(pilot)) == nil)
    #expect(try spool.foreignNames().isEmpty)
    try files.create("/data/spool/mine", [], durable: false)
    #expect(try spool.foreignNames() == ["mine"])
  }
}

extension String {
  /// The path of a place in the spool of these tests.
  fileprivate var absolute: String { "/data/spool/\(self)" }
}
