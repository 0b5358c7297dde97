import SpoolModel
import SpoolTesting
import Testing

@testable import SpoolClient
@testable import SpoolCommands
@testable import SpoolStore

/// Finding a task that another host has just dropped, or whose watcher is on another host.
struct TaskLookupTests {
  let files = MemoryFileSystem()
  let spool: Spool

  init() throws {
    try Spool.create("/spool", files: files)
    spool = try Spool.open("/spool", files: files)
  }

  private func words(_ name: String) throws -> String {
    switch TaskLookup(spool).find(try #require(Name(name))) {
    case .page(let page): page.state.rawValue
    case .pending: "pending"
    case .refused(let refused): refused.reason
    case .unknown: "unknown"
    }
  }

  private func plant(_ text: String, at path: String) throws {
    try files.plant(Array(text.utf8), at: "/spool/\(path)")
  }

  private static let page = """
    {"format":1,"kind":"summary","task":"t","state":"STATE",\
    "jobs":{"total":1,"done":0,"failed":0},"attempts":0,"report":{},"cpu":0.0,"runTime":0.0,\
    "peakMemory":0,"outputs":{"files":0,"bytes":0},"accepted":1,"priority":5,"queue":"cpu",\
    "resources":{"cpus":1,"gpus":0,"memory":1,"wall":1.0,"tags":[]},"owner":0,"incarnation":"a"}
    """

  /// This host has looked for each name before it was there, and its NFS client goes on saying that
  /// it is not.
  @Test func aCacheIsNotBelieved() throws {
    files.missing.cache(for: 60_000, now: { 0 }, host: { "here" })
    #expect(try words("t") == "unknown")
    try plant(#"{"kind": "task", "name": "t"}"#, at: "incoming/t.json")
    #expect(try words("t") == "pending")
    try files.rename("/spool/incoming/t.json", to: "/spool/journal/taken/1@t.json")
    #expect(try words("t") == "pending")
    for (place, state) in [("running", "active"), ("failed", "failed"), ("done", "done")] {
      #expect(files.attributesBehind("/spool/\(place)/t.json") == nil)
      _ = try? files.read("/spool/\(place)/t.json", limit: 9)
      try plant(Self.page.replacing("STATE", with: state), at: "\(place)/t.json")
      #expect(try words("t") == state)
    }
  }

  /// A request's file need not be named like its task, nor a step like its chain.
  @Test func aRequestIsFoundByWhatIsInIt() throws {
    try plant("half", at: "incoming/half.json")
    try plant(#"{"kind": "task", "name": "a"}"#, at: "incoming/request.json")
    try plant(#"{"kind": "chain", "name": "c"}"#, at: "journal/taken/7@request.json")
    try plant(#"{"kind": "dataset", "name": "d"}"#, at: "incoming/dataset.json")
    try plant(#"{"kind": "task", "name": "h"}"#, at: "incoming/.hidden.json")
    for name in ["a", "c", "c.step"] { #expect(try words(name) == "pending", "\(name)") }
    for name in ["d", "h", "cc", "b"] { #expect(try words(name) == "unknown", "\(name)") }
  }

  @Test func anOutageIsNoAbsence() throws {
    #expect(!spool.isUnreachable)
    files.onCall = { _ in .fails(107) }
    #expect(spool.isUnreachable)
    files.onCall = nil
    try files.remove("/spool/spool.json")
    #expect(!spool.isUnreachable)
  }

  @Test(arguments: [(false, 3), (true, 10)])
  func patienceWithTheAbsent(isShared: Bool, seconds: Int) {
    var absence = TaskAbsence(isShared: isShared)
    func isLong(at second: Int, isUnreachable: Bool = false) -> Bool {
      absence.isLong(at: Instant(milliseconds: second * 1000), isUnreachable: isUnreachable)
    }
    #expect(!isLong(at: 100))
    #expect(!isLong(at: 100 + seconds))
    #expect(isLong(at: 101 + seconds))
    // Once it was seen, a page must come: the watcher has its request.
    absence.noteSeen()
    #expect(!isLong(at: 200))
    #expect(!isLong(at: 260))
    #expect(isLong(at: 261))
    // An outage is no absence.
    #expect(!isLong(at: 500, isUnreachable: true))
    #expect(!isLong(at: 501))
    #expect(!isLong(at: 561))
    #expect(isLong(at: 562))
  }
}
