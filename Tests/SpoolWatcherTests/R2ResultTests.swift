import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

/// R2: a result is added in place to a file that is there; what was taken is never brought back.
struct R2ResultTests {
  let files = MemoryFileSystem()
  let spool: Spool
  let pilot = PilotName(host: "node", random: 7)
  let name: JobName
  let contents: [UInt8]

  init() throws {
    try files.plantDirectories("/data")
    try Spool.create("/data/spool", files: files)
    spool = try Spool.open("/data/spool", files: files)
    try files.plantDirectories(spool.layout.pilot(pilot))
    let task = try #require(Name("t"))
    name = JobName(
      priority: 5, job: JobID(task: task, index: 0), attempt: 1, cores: 1, memory: 100, gpus: 0,
      wall: 60, tags: [])
    let document = JobDocument(
      job: name.job, incarnation: "9c1f", attempt: 1, owner: 1, inputs: [],
      verifiesChecksum: false, command: [try Template("true")], outputs: [], environment: [],
      wall: .seconds(60), memory: 1000)
    contents = document.fileContents
    try files.plant(contents, at: spool.layout.ready(ReadyPlace(.cpu), name))
  }

  private func claim() throws -> Claim {
    guard case .claimed(let claim) = try spool.claim(name, from: ReadyPlace(.cpu), for: pilot)
    else {
      throw Missing()
    }
    return claim
  }

  private struct Missing: Error {}

  private var result: JobResult {
    var result = JobResult(
      pilot: pilot, host: "node", started: Timestamp(milliseconds: 1),
      ended: Timestamp(milliseconds: 2), cause: nil)
    result.exit = 0
    result.reason = "a reason of some length, so that there is much to tear"
    return result
  }

  private var inbox: String {
    spool.layout.inbox(InboxName(jobName: name, pilot: pilot, cause: nil))
  }

  @Test func theJobsOwnBytesStay() throws {
    switch try claim().finish(result, in: spool) {
    case .delivered: break
    default: Issue.record("not delivered")
    }
    let bytes = try #require(files.peek(inbox))
    #expect(bytes.starts(with: contents.dropLast(2)))
    #expect(try JobFile(bytes).result == result)
  }

  /// Taken before the file is opened, and after: in neither case is anything left or brought back.
  @Test(arguments: [FileOperation.open, .write, .close, .rename]) func taken(
    at operation: FileOperation
  ) throws {
    let held = try claim()
    let lost = spool.layout.inbox(InboxName(jobName: name, pilot: pilot, cause: .lost))
    let source = spool.layout.claim(pilot, name)
    let once = Once()
    files.onCall = { [files] call in
      guard call.operation == operation, once.isFirst() else { return nil }
      try? files.rename(source, to: lost)
      return nil
    }
    switch held.finish(result, in: spool) {
    case .missing(let claim): claim.forget()
    default: Issue.record("should be missing")
    }
    files.onCall = nil
    #expect(files.peek(source) == nil)
    #expect(files.peek(inbox) == nil)
    #expect(try JobFile(files.peek(lost) ?? []).document.job == name.job)
  }

  /// However much of a result was written: the job can be read, and the same result be added again.
  @Test func torn() throws {
    let addition = try #require(JobFile.addition(of: result, to: contents))
    // Without the line's end alone it is whole.
    for count in 0..<addition.bytes.count - 1 {
      let fresh = try R2ResultTests()
      try fresh.checkTorn(after: count)
    }
  }

  private func checkTorn(after count: Int) throws {
    let held = try claim()
    files.onCall = { $0.operation == .write ? .torn(after: count, 28) : nil }
    let delivery = held.finish(result, in: spool)
    files.onCall = nil
    guard case .pending(let claim, let error) = consume delivery else {
      Issue.record("torn after \(count): not pending")
      return
    }
    #expect(error.isFull)
    let torn = try JobFile(files.peek(spool.layout.claim(pilot, name)) ?? [])
    #expect(torn.document.job == name.job)
    #expect(torn.result == nil)
    guard case .delivered = claim.finish(result, in: spool) else {
      Issue.record("torn after \(count): not delivered")
      return
    }
    #expect(try JobFile(files.peek(inbox) ?? []).result == result)
  }

  /// An error may show only at the close (NFS): the result is not handed in then.
  @Test(arguments: [FileOperation.write, .close, .open, .rename]) func errorsAreChecked(
    of operation: FileOperation
  ) throws {
    let held = try claim()
    files.onCall = { $0.operation == operation ? .fails(28) : nil }
    switch held.finish(result, in: spool) {
    case .pending(let claim, _): claim.forget()
    default: Issue.record("\(operation): should be pending")
    }
    #expect(files.peek(inbox) == nil)
  }

  /// A result that was written and could not be handed in is the one that counts, whoever finds the
  /// claim and whatever is said of it then.
  @Test func whatWasWrittenCounts() throws {
    let held = try claim()
    files.onCall = { $0.operation == .rename ? .fails(5) : nil }
    guard case .pending(let claim, _) = held.finish(result, in: spool) else {
      Issue.record("should be pending")
      return
    }
    claim.forget()
    files.onCall = nil
    guard case .claimed(let found) = spool.adopt(name, for: pilot) else {
      Issue.record("the claim should be there")
      return
    }
    #expect(found.written == result)
    let other = JobResult(
      pilot: pilot, host: "h", started: Timestamp(milliseconds: 1),
      ended: Timestamp(milliseconds: 2), cause: .returned)
    guard case .delivered = found.finish(other, in: spool) else {
      Issue.record("should be delivered")
      return
    }
    #expect(try JobFile(files.peek(inbox) ?? []).result == result)
  }

  /// A pilot that finds no room keeps the result, and hands it in when there is some.
  @Test func noRoomForAWhile() throws {
    var setup = World.Setup()
    setup.pilots = 1
    let world = try World(setup)
    world.faults.before { party, call, _ in
      let isResult = call.operation == .write && call.path.hasSuffix(".w3600.json")
      return party == .pilot(1) && isResult ? .torn(after: 11, 28) : nil
    }
    try world.task("t", LifeTests.members)
    world.run(for: 5000)
    // Two whose results wait, and two that were begun before that was known.
    #expect((2...4).contains(world.claims.count))
    #expect(world.attempts("t") == [])
    world.faults.clear()
    #expect(world.settle())
    #expect(world.attempts("t").count == 6)
    #expect(world.faultsAtTheEnd("t", jobs: 6) == [])
  }

  /// What lies in `failed/` is never a success, whatever the result in it says.
  @Test func theDirectoryDecides() throws {
    var setup = World.Setup()
    setup.pilots = 1
    let world = try World(setup)
    let once = Once()
    world.faults.before { [files = world.files] party, call, _ in
      guard party == .pilot(1), call.operation == .rename, let to = call.destination,
        to.contains("/done/"), once.isFirst()
      else { return nil }
      let lost = to.replacing("/done/", with: "/failed/").replacing(".json", with: ".lost.json")
      try? files.rename(call.path, to: lost)
      return nil
    }
    try world.task("t", R1ClaimTests.one)
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 lost", "00 a2 ok"])
    #expect(world.faultsAtTheEnd("t", jobs: 1) == [])
  }

  /// A torn result in `done/` is no success either.
  @Test func tornInDone() throws {
    var setup = World.Setup()
    setup.pilots = 1
    let world = try World(setup)
    let once = Once()
    world.faults.watch { [files = world.files] party, call in
      guard party == .pilot(1), call.operation == .rename,
        call.destination?.contains("/done/") == true, once.isFirst()
      else { return }
      try? files.plant(files.peek(call.path)?.dropLast(9).map { $0 } ?? [], at: call.path)
    }
    try world.task("t", R1ClaimTests.one)
    #expect(world.settle())
    #expect(world.attempts("t") == ["00 a1 torn", "00 a2 ok"])
    // The torn file is kept, and the check tells of it.
    let faults = world.faultsAtTheEnd("t", jobs: 1)
    #expect(faults.count == 1 && faults[0].contains("the ledger says what counts"), "\(faults)")
  }
}
