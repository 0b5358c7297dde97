import SpoolTesting
import SpoolWatcher
import Testing

/// What is unsafe on the mount stands in `STATUS`, and nothing where all is well.
struct MountAdviceTests {
  @Test func adviceStandsInStatus() throws {
    let world = try World()
    let status = {
      String(decoding: world.files.peek("\(World.root)/STATUS") ?? [], as: UTF8.self)
    }
    #expect(world.run(until: { status().contains("PILOTS") }))
    #expect(!status().contains("MOUNT"))
    world.watcher?.mountAdvice = ["nfs4: mounted soft"]
    #expect(world.run(until: { status().contains("MOUNT") }))
    #expect(status().contains("\n  nfs4: mounted soft\n"), "\(status())")
  }
}
