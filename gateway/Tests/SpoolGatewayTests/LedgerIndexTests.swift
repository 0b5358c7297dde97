import Glibc
import SpoolClient
import SpoolModel
import SpoolStore
import Testing

@testable import SpoolGateway

/// The index of a ledger, on files of its own.
struct LedgerIndexTests {
  private let task: Name
  private let directory: String
  private let spool: Spool
  private var path: String { "\(directory)/ledger/run.jsonl" }

  init() throws {
    task = try #require(Name("run"))
    var template = Array("/tmp/spool-ledger-XXXXXX".utf8CString)
    directory = String(cString: try #require(mkdtemp(&template)))
    spool = Spool(
      files: PosixFileSystem(), layout: Layout(root: directory), config: SpoolConfig())
    try #require(mkdir("\(directory)/ledger", 0o700) == 0)
    try write("{\"format\":2,\"kind\":\"ledger\",\"name\":\"run\"}\n", "w")
  }

  private func write(_ text: String, _ mode: String) throws {
    let file = try #require(fopen(path, mode))
    fputs(text, file)
    fclose(file)
  }

  private func line(_ job: Int, _ attempt: Int, _ outcome: String) -> String {
    let padding = String(repeating: "x", count: 200)
    let id = JobID(task: task, index: job)
    return "{\"job\":\"\(id)\",\"attempt\":\(attempt),\"outcome\":\"\(outcome)\",\"final\":true,"
      + "\"reason\":\"\(padding)\"}\n"
  }

  /// Jobs end out of order, some twice, and the ledger grows while it is read.
  @Test func aJobIsFoundInAPieceOfTheLedger() throws {
    defer { _ = try? PosixFileSystem().removeTree(directory) }
    let count = 20_000
    var index = LedgerIndex()
    for half in 0..<2 {
      var text = ""
      for job in stride(from: half, to: count, by: 2) {
        let near = job ^ 6
        if near % 1000 == 7 { text += line(near, 1, "exit1") }
        text += line(near, near % 1000 == 7 ? 2 : 1, "ok")
      }
      // The end of a line that is being written belongs to the next look.
      let begun = "{\"job\":\"run.000"
      try write(text + begun, "a")
      try index.update(task, spool)
      try #require(truncate(path, off_t(try size() - begun.utf8.count)) == 0)
    }
    let pages = LedgerPages(spool, task)
    let whole = try size()
    for job in [0, 1, 6, 7, 1007, 9_999, 10_000, count - 1] {
      let lines = try pages.attempts(of: job, by: index)
      let outcomes = lines.map(\.head.outcome)
      #expect(outcomes == (job % 1000 == 7 ? ["exit1", "ok"] : ["ok"]), "job \(job)")
      let bytes = index.stretches(of: job).reduce(0) { $0 + $1.count }
      #expect(bytes < whole / 10, "job \(job): \(bytes) of \(whole) bytes are read")
    }
    #expect(try pages.attempts(of: count, by: index).isEmpty)
    #expect(index.failures.isEmpty, "all were tried again, and succeeded")
  }

  private func size() throws -> Int { try PosixFileSystem().attributes(of: path).size }

  @Test func anotherLedgerInItsPlaceIsReadAnew() throws {
    defer { _ = try? PosixFileSystem().removeTree(directory) }
    try write(line(1, 1, "exit2") + line(2, 1, "wall"), "a")
    var index = LedgerIndex()
    try index.update(task, spool)
    #expect(index.failures.keys.sorted() == [1, 2] && index.failures[2]?.cause == "wall")
    try write("{\"format\":2,\"kind\":\"ledger\",\"name\":\"run\"}\n" + line(5, 1, "lost"), "w")
    try index.update(task, spool)
    #expect(index.failures.keys.sorted() == [5])
    try #require(unlink(path) == 0)
    try index.update(task, spool)
    #expect(index.failures.isEmpty && index.stretches(of: 5).isEmpty)
  }
}
