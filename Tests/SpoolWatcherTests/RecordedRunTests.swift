import FoundationEssentials
import SpoolModel
import SpoolStore
import SpoolTesting
import SpoolWatcher
import Testing

/// The bytes of a busy run that an earlier version recorded: journal, checkpoint, views and pages
/// are the same, and what that version wrote is taken over.
///
/// Where a change means to write other bytes, `SPOOL_RECORD=1 swift test --filter RecordedRun`
/// records them anew, and the difference is read before it is committed.
struct RecordedRunTests {
  private static let directory =
    String(#filePath.dropLast("RecordedRunTests.swift".count)) + "Fixtures"

  private static func fixture(_ name: String) throws -> [UInt8] {
    let bytes = try PosixFileSystem().read("\(directory)/\(name)", limit: 1 << 24)
    return bytes
  }

  private static var isRecording: Bool {
    ProcessInfo.processInfo.environment["SPOOL_RECORD"] == "1"
  }

  private static func check(_ name: String, _ files: RecordedRun.Files) throws {
    let text = RecordedRun.encode(files)
    if isRecording {
      return try PosixFileSystem().replace("\(directory)/\(name)", text)
    }
    let recorded = try #require(RecordedRun.decode(try fixture(name)))
    #expect(files.map(\.path) == recorded.map(\.path), "\(name)")
    for (new, old) in zip(files, recorded) where new.bytes != old.bytes {
      Issue.record("\(name): \(new.path) differs: \(difference(new.bytes, old.bytes))")
    }
  }

  /// The first line that differs.
  private static func difference(_ new: [UInt8], _ old: [UInt8]) -> String {
    let (new, old) = (new.split(separator: 10), old.split(separator: 10))
    let number =
      zip(new, old).enumerated().first { $1.0 != $1.1 }?.offset ?? min(new.count, old.count)
    let words = [new, old].map {
      $0.indices.contains(number) ? String(decoding: $0[number], as: UTF8.self) : "nothing"
    }
    return "line \(number + 1): \(words[0]), was \(words[1])"
  }

  @Test func theBytesAreTheSame() throws {
    let (during, after) = try RecordedRun().play()
    try Self.check("run.txt", during)
    try Self.check("end.txt", after)
  }

  /// The state that a watcher has at its end, and the one that another reads out of the journal
  /// alone, are the same, byte for byte.
  @Test func theJournalAddsUpToTheState() throws {
    let (during, after) = try RecordedRun().play(settling: 3000)
    let live = try #require(after.last { $0.path.hasSuffix(".checkpoint.json") })
    let read = try Self.checkpoint(byTakingOver: during)
    #expect(try Self.state(read) == Self.state(live.bytes))
  }

  /// A spool that an earlier version wrote is taken over: its journal, and its checkpoint. The
  /// checkpoint of `earlier.txt` says of a task that it waits, which is not journalled. The ledgers of
  /// `sealed.txt` do not say where the inputs of jobs that are done lie.
  @Test(arguments: ["run.txt", "end.txt", "earlier.txt", "sealed.txt"])
  func aRecordedSpoolIsTakenOver(name: String) throws {
    let files = try #require(RecordedRun.decode(try Self.fixture(name)))
    let state = try JSON.parse(try Self.checkpoint(byTakingOver: files))["state"]
    let tasks = state?["tasks"]?.array?.compactMap { $0["accepted"]?["request"]?["name"]?.string }
    #expect(tasks == ["run.decode", "run.select", "run.merge", "held", "open"])
    #expect(state?["packed"]?.array?.compactMap { $0["name"]?.string } == ["packed"])
  }

  /// Jobs that an earlier version has done cannot be tried again; those of later jobs can.
  @Test(arguments: ["earlier.txt", "sealed.txt"])
  func whatWasDoneEarlierIsDone(name: String) throws {
    let files = try #require(RecordedRun.decode(try Self.fixture(name)))
    let world = try Self.world(takingOver: files)
    let order = try world.order("retry", "run.decode", #""evenDone": true"#)
    world.run(atMost: 10_000, until: { world.refusal(order) != nil })
    let reason = try #require(world.refusal(order))
    #expect(
      reason.contains("were done with an earlier version of spool"), Comment(rawValue: reason))
  }

  /// The first checkpoint of a watcher that finds these files.
  private static func checkpoint(byTakingOver files: RecordedRun.Files) throws -> [UInt8] {
    let world = try world(takingOver: files)
    let name = try #require(world.names("journal").last { $0.hasSuffix(".checkpoint.json") })
    return world.files.peek("\(World.root)/journal/\(name)") ?? []
  }

  private static func world(takingOver files: RecordedRun.Files) throws -> World {
    let world = try World()
    for (path, bytes) in files where path.hasPrefix("journal/") || path.hasPrefix("datasets/") {
      try world.files.plant(bytes, at: "\(World.root)/\(path)")
    }
    #expect(world.run(atMost: 5000, until: { world.watcher != nil }))
    return world
  }

  /// A checkpoint's state. The list of catalogues that are yet to be removed is no part of it.
  private static func state(_ checkpoint: [UInt8]) throws -> String {
    var state = try #require(try JSON.parse(checkpoint)["state"]?.object)
    state.members.removeAll { $0.key == "leaving" }
    return String(decoding: JSON.object(state).compact, as: UTF8.self)
  }
}
