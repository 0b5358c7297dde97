import Glibc
import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

/// The format of a spool in `spool.json`: an earlier one is raised, a later one refused.
struct SpoolFormatTests {
  private static let path = World.root + "/spool.json"

  private static func world(_ config: String) throws -> World {
    let world = try World()
    try world.files.plant(Array(config.utf8), at: path)
    return world
  }

  private static func open(_ world: World) throws(Spool.OpenError) -> Spool {
    try Spool.open(World.root, files: world.files)
  }

  @Test func anEarlierFormatIsRaisedInPlace() throws {
    let world = try Self.world("{ \"format\": 1, \"x-by\": \"Ada\" }\n")
    let before = try world.files.attributes(of: Self.path)
    let spool = try Self.open(world)
    #expect(try spool.format() == 1)
    guard case .raised(from: 1) = try spool.upgrade() else {
      Issue.record("the format was not raised")
      return
    }
    let after = try world.files.attributes(of: Self.path)
    #expect(after.inode == before.inode && after.owner == before.owner)
    #expect(
      world.files.peek(Self.path).map { String(decoding: $0, as: UTF8.self) }
        == "{ \"format\": 3, \"x-by\": \"Ada\" }\n")
    #expect(try spool.format() == 3)
    guard case .isCurrent = try spool.upgrade() else {
      Issue.record("it was raised again")
      return
    }
  }

  /// The program says what it needs: the version of the last watcher, if that can be read.
  @Test func aLaterFormatIsRefusedWithTheVersion() throws {
    let world = try Self.world("{ \"format\": 4, \"unheardOf\": true }")
    func message() -> String {
      do throws(Spool.OpenError) {
        _ = try Self.open(world)
        return ""
      } catch {
        return error.description
      }
    }
    #expect(message().contains("has format 4, and this program knows formats up to 3"))
    #expect(message().contains("use spool of a later version; nothing was changed"))
    try world.files.plant(
      Array("{\"format\":9,\"version\":\"1.4.0\",\"seal\":\"new\"}".utf8),
      at: World.root + "/watcher.json")
    #expect(message().contains("use spool 1.4.0 or later; nothing was changed"))
  }

  /// A standby whose spool a later program has served meanwhile does not write in it.
  @Test func aLaterFormatThatCameMeanwhileIsRefused() throws {
    let world = try Self.world("{ \"format\": 1 }")
    let spool = try Self.open(world)
    try world.files.plant(Array("{ \"format\": 4 }".utf8), at: Self.path)
    guard case .refused(let error) = try spool.upgrade() else {
      Issue.record("it was not refused")
      return
    }
    #expect(error.description.contains("has format 4"))
    #expect(world.files.peek(Self.path) == Array("{ \"format\": 4 }".utf8))
  }

  /// A refused call changes nothing, and a second try succeeds.
  @Test(arguments: 1...5) func aRefusedCallChangesNothing(_ number: Int) throws {
    let world = try Self.world("{ \"format\": 1 }")
    let spool = try Self.open(world)
    let begun = world.faults.calls(.nobody)
    world.faults.before { _, _, call in call == begun + number ? .fails(EIO) : nil }
    #expect(throws: FileError.self) { try spool.upgrade() }
    world.faults.before(nil)
    let text = world.files.peek(Self.path).map { String(decoding: $0, as: UTF8.self) }
    #expect(text == "{ \"format\": 1 }" || text == "{ \"format\": 3 }")
    _ = try spool.upgrade()
    #expect(try spool.format() == 3)
  }
}
