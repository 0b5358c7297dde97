import SpoolModel
import SpoolPilot
import SpoolStore
import SpoolTesting
import Testing

/// Outputs that can never count: the user's own mistakes, told soon, and cleared away.
struct OutputKindTests {
  private static func members(_ more: String = "") -> String {
    """
    "input": {"count": 1}, "command": ["w", "{output}"], "retry": {"attempts": 2},
    "outputs": [{"path": "/data/out/{index}.root"\(more)}]
    """
  }

  private func world(_ make: @escaping (World, String) throws -> Void) throws -> World {
    var setup = World.Setup()
    setup.pilots = 1
    setup.restartAfter = nil
    let world = try World(setup)
    world.setup.script = { [unowned world] payload in
      guard let part = payload.arguments.last else { return FakeOutcome() }
      try? make(world, part)
      return FakeOutcome()
    }
    world.setup.digest = { [unowned world] request in
      let kind = world.files.attributesBehind(request.path)?.kind
      return kind != nil && kind != .file ? .notAFile : nil
    }
    return world
  }

  /// A directory with something in it, a link, a FIFO.
  @Test(arguments: [FileKind.directory, .link, .other]) func whatIsNoFile(kind: FileKind) throws {
    let world = try world { world, part in
      try world.files.plant(kind, at: part)
      if kind == .directory { try world.files.plant([1], at: part + "/deep") }
    }
    try world.task("t", Self.members())
    #expect(world.run(atMost: 20_000) { world.hasEnded("t") })
    #expect(world.attempts("t") == ["00 a1 output", "00 a2 output"])
    let reason = world.lines("ledger/t.jsonl").last?["reason"]?.string ?? ""
    #expect(reason.contains("/data/out/0.root") && reason.contains("no regular file"))
    #expect(world.files.paths(below: "/data/out").isEmpty)
  }

  // MARK: What is there already

  /// It is found before the payload runs for nothing.
  @Test(arguments: [FileKind.file, .link, .directory]) func whatIsThereAlready(
    kind: FileKind
  ) throws {
    let world = try world { _, _ in }
    try world.files.plant(kind, at: "/data/out/0.root")
    try world.task("t", Self.members())
    #expect(world.run(atMost: 5000) { world.hasEnded("t") })
    #expect(world.attempts("t") == ["00 a1 exists"])
    #expect(world.runner(1)?.started.isEmpty == true)
    let reason = world.lines("ledger/t.jsonl").last?["reason"]?.string ?? ""
    #expect(reason.contains("/data/out/0.root") && reason.contains("overwrite"))
    #expect(world.files.attributesBehind("/data/out/0.root")?.kind == kind)
  }

  /// A task that says so replaces it.
  @Test func overwriting() throws {
    let world = try world { world, part in try world.files.plant([7], at: part) }
    try world.files.plant([1, 2], at: "/data/out/0.root")
    try world.task("t", Self.members(#", "overwrite": true"#))
    #expect(world.run(atMost: 5000) { world.hasEnded("t") })
    #expect(world.attempts("t") == ["00 a1 ok"])
    #expect(world.files.peek("/data/out/0.root") == [7])
  }
}
