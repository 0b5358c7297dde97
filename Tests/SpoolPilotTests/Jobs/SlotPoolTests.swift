import Glibc
import SpoolStore
import SpoolTesting
import Testing

@testable import SpoolPilot

/// Slots are places on local disk, one payload in each at a time.
struct SlotPoolTests {
  private let files = MemoryFileSystem()

  private func pool() throws -> SlotPool {
    try files.plantDirectories("/scratch")
    return SlotPool(scratch: "/scratch/p", files: files)
  }

  @Test func noTwoJobsHaveOne() throws {
    var pool = try pool()
    try pool.reserve()
    try pool.reserve()
    #expect(try files.list("/scratch/p", fresh: false).names.count == 1)
    let numbers = [try pool.take(), try pool.take(), try pool.take()].map(\.number)
    #expect(Set(numbers).count == 3)
  }

  @Test func oneThatIsGivenBackIsCleanAndUsedAgain() throws {
    var pool = try pool()
    let slot = try pool.take()
    try files.plantDirectories("\(slot.work)/deep/er")
    try files.plant([1], at: "\(slot.work)/deep/er/file")
    try files.plant([1], at: slot.report)
    try pool.giveBack(slot)
    #expect(try files.list(slot.work, fresh: false).names.isEmpty)
    #expect(!files.isPresent(slot.report))
    #expect(try pool.take().number == slot.number)
  }

  /// A link in the place of the working directory is removed, and what it leads to stays.
  @Test func aLinkInItsPlace() throws {
    var pool = try pool()
    let slot = try pool.take()
    try files.removeDirectory(slot.work)
    try files.plant(FileKind.link, at: slot.work)
    try pool.giveBack(slot)
    #expect(!files.isPresent(slot.work))
    try pool.take().prepare(files)
    #expect(try files.attributes(of: slot.work).kind == .directory)
  }

  /// What a payload left behind must not meet the next one.
  @Test func oneThatCannotBeCleanedIsNotUsedAgain() throws {
    var pool = try pool()
    let slot = try pool.take()
    try files.plant([1], at: "\(slot.work)/file")
    files.onCall = { $0.operation == .remove ? .fails(EIO) : nil }
    #expect(throws: FileError.self) { try pool.giveBack(slot) }
    files.onCall = nil
    #expect(try pool.take().number != slot.number)
  }
}
