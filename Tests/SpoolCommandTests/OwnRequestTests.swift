import Glibc
import SpoolModel
import SpoolTesting
import Testing

@testable import SpoolClient
@testable import SpoolCommands
@testable import SpoolStore

/// A verb knows its own request from others of the same name, and sees what it has dropped.
struct OwnRequestTests {
  let files = MemoryFileSystem()
  let spool: Spool
  let name: Name

  init() throws {
    try Spool.create("/spool", files: files)
    spool = try Spool.open("/spool", files: files)
    name = try #require(Name("t"))
  }

  private func plant(_ text: String, at path: String) throws {
    try files.plant(Array(text.utf8), at: "/spool/\(path)")
  }

  private func page(_ state: String) -> String {
    """
    {"format":1,"kind":"summary","task":"t","state":"\(state)",\
    "jobs":{"total":1,"done":1,"failed":0},"attempts":0,"report":{},"cpu":0.0,"runTime":0.0,\
    "peakMemory":0,"outputs":{"files":0,"bytes":0},"accepted":1,"priority":5,"queue":"cpu",\
    "resources":{"cpus":1,"gpus":0,"memory":1,"wall":1.0,"tags":[]},"owner":0,"incarnation":"a"}
    """
  }

  private func wait(_ request: String?, timeOut: Duration = .milliseconds(1)) throws -> Failure? {
    try TaskWait(spool: spool, events: PollingEventSource(), timeOut: timeOut)
      .run([TaskWait.Target(name: name, request: request)])
  }

  /// Two submitted one name at a time: the other's task has ended well, and one's own was refused.
  @Test func theFateIsOnesOwn() throws {
    try plant(page("done"), at: "done/t.json")
    #expect(try wait(nil) == nil)
    #expect(try wait("t.5-1.json") == nil)
    try plant("there is a task t already\n", at: "failed/@refused/t.5-2.json.reason")
    let failure = try #require(try wait("t.5-2.json"))
    #expect(failure.code == .failed)
    #expect(failure.message == "t was refused: there is a task t already")
    #expect(try wait("t.5-1.json") == nil)
  }

  /// As long as one's own request is not answered, a task of that name is another's.
  @Test(arguments: ["incoming/t.5-1.json", "journal/taken/9@t.5-1.json"])
  func aRequestOnItsWayIsWaitedFor(_ place: String) throws {
    try plant(page("done"), at: "done/t.json")
    try plant("{}", at: place)
    #expect(throws: Failure.self) { try wait("t.5-1.json") }
    try files.remove("/spool/\(place)")
    #expect(try wait("t.5-1.json") == nil)
  }

  @Test func eachSubmissionHasANameOfItsOwn() throws {
    var variables = try Variables([])
    let directory = try TemporaryDirectory()
    let path = directory.path + "/t.json"
    try PosixFileSystem().replace(
      path, Array(#"{"kind":"task","name":"t","input":{"count":1},"command":["w"]}"#.utf8))
    let submission = try Submission(
      file: path, root: "/", variables: &variables,
      changes: TaskChanges(chdir: nil, overwrites: false))
    let dropped = try submission.drop(into: spool)
    #expect(dropped.hasPrefix("t.") && dropped.hasSuffix(".json") && dropped != "t.json")
    #expect(spool.isDropped(dropped))
    if case .pending = TaskLookup(spool).find(name) {} else { Issue.record("it is not found") }
  }

  @Test func aRequestIsKnownByItsName() {
    let unique = RequestName.unique("t.json", at: Timestamp(milliseconds: 1_796_000_000_123), by: 7)
    #expect(unique == "t.1796000000123-7.json")
    for file in [unique, "t.json", "3-t.json"] { #expect(RequestName.isOf(name, file)) }
    for file in ["t.5-1.json", "tt.json", "-t.json", "t.jsonl", "t.1796000000123.json"] {
      #expect(!RequestName.isOf(name, file))
    }
  }

  /// The answer of a request that was taken, for those who may not see it.
  @Test func aMemberOfTheGroupDoesNotSeeWhatIsTaken() throws {
    let answer = RequestAnswer(spool, "hold.t.json")
    #expect(try answer.isTaken() && answer.isVisible)
    try plant("{}", at: "journal/taken/9@hold.t.json")
    #expect(try !answer.isTaken())
    files.onCall = { call in
      call.operation == .list && call.path == "/spool/journal/taken" ? .fails(EACCES) : nil
    }
    #expect(try answer.isTaken() && !answer.isVisible)
  }

  // MARK: What was dropped a moment ago

  @Test func onlyWhatIsFreshIsWaitedFor() throws {
    var record = WatcherRecord(
      epoch: 1, id: "a", host: "elsewhere", version: "1", process: .null,
      at: SystemTime().timestamp)
    record.counter = 1
    try plant(String(decoding: SealedJSON.encode(record.json), as: UTF8.self), at: "watcher.json")
    #expect(spool.watcherRecord() != nil && WatcherProbe(spool).warning() == nil)
    var looks = 0
    let found = try FreshLook(spool).result {
      looks += 1
      return looks == 3
    } isThere: {
      $0
    }
    #expect(found && looks == 3)

    try files.remove("/spool/watcher.json")
    looks = 0
    _ = try FreshLook(spool).result {
      looks += 1
    } isThere: {
      false
    }
    #expect(looks == 1, "without a watcher nothing comes")
  }
}
