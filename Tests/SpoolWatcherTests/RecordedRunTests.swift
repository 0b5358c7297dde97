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
}
