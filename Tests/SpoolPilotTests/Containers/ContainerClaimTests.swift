import SpoolModel
import SpoolPilot
import SpoolTesting
import Testing

/// Jobs with a container, and the pilots that take them.
struct ContainerClaimTests {
  private func world(_ runtime: ContainerRuntime.Kind?) throws -> World {
    var setup = World.Setup()
    setup.pilots = 1
    setup.restartAfter = nil
    setup.environment = ["PATH": "/host", "SECRET": "x"]
    setup.containers = runtime.map { ContainerRuntime($0, path: "/bin/\($0)") }
    return try World(setup)
  }

  private let task = """
    "input": {"count": 1}, "command": ["w", "{output}"], "outputs": [{"path": "/d/{index}"}],
    "environment": {"A": "1"}, "container": {"image": "debian:12"}
    """

  /// A pilot that runs no containers claims no such job, not even one that would be refused then.
  @Test func onlyWhoCanTakesIt() throws {
    let file = #""input": {"count": 1}, "command": ["w"], "container": {"image": "/x.sif"}"#
    let bare = try world(nil)
    try bare.task("t", task)
    try bare.task("u", #""input": {"count": 1}, "command": ["w"]"#)
    #expect(bare.run { bare.hasEnded("u") })
    #expect(!bare.hasEnded("t"))
    #expect(bare.runner(1)?.started.count == 1)
    let podman = try world(.podman)
    try podman.task("t", task)
    try podman.task("f", file)
    #expect(podman.run { podman.hasEnded("t") })
    #expect(!podman.hasEnded("f"))
    #expect(podman.summary("t")?["state"] == "done")
  }

  /// The payload sees its directories, and nothing of the pilot's environment.
  @Test func whatItGets() throws {
    let world = try world(.podman)
    try world.task("t", task)
    #expect(world.run { world.hasEnded("t") })
    let payload = try #require(world.runner(1)?.started.first)
    let container = try #require(payload.container)
    #expect(container.container.image == "debian:12")
    #expect(container.name.hasPrefix("spool-t.00000000-a1-node1-"))
    #expect(container.writable == ["/d"])
    #expect(container.host["SECRET"] == "x")
    #expect(payload.environment["SECRET"] == nil && payload.environment["PATH"] == nil)
    #expect(payload.environment["A"] == "1" && payload.environment["OMP_NUM_THREADS"] == "1")
    #expect(payload.environment["HOME"] == payload.environment["SPOOL_SCRATCH"])
    #expect(payload.setup == nil)
  }
}
