import SpoolModel
import SpoolTesting
import Testing

/// A task's whole life, undisturbed: what all the disturbed ones are measured against.
struct LifeTests {
  static let members = """
    "input": {"count": 6}, "command": ["work", "{output}"],
    "outputs": [{"path": "/data/out/{index}.root"}], "retry": {"backoff": "100ms"}
    """

  @Test(arguments: 1...6) func aTaskFromDropToDone(seed: Int) throws {
    var setup = World.Setup()
    setup.seed = seed
    let world = try World(setup)
    try world.task("t", Self.members)
    #expect(world.settle(), "\(world.said)")
    #expect(world.faultsAtTheEnd("t", jobs: 6) == [])
    #expect(world.errors.isEmpty)
    #expect(world.summary("t")?["report"]?["events"]?.integer == 18)
  }
}
