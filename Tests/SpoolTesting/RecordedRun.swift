internal import SpoolModel
internal import SpoolPilot
internal import SpoolStore

/// A busy run in memory that is the same every time: chains, failures, orders, retention, packing.
/// Its bytes were recorded once; a watcher that writes others has changed a format or a decision.
public struct RecordedRun {
  /// The names of the fixture's files and their contents, in order.
  public typealias Files = [(path: String, bytes: [UInt8])]

  public let world: World

  public init() throws {
    var setup = World.Setup()
    setup.seed = 20_27
    setup.pilots = 1
    setup.slots = 1
    setup.config.keepJobFiles = 3
    setup.config.checkpointEvery = 10_000_000
    setup.config.packAfter = .after(.milliseconds(20_000))
    setup.config.removeAfter = .after(.milliseconds(100_000))
    setup.script = Self.work
    world = try World(setup)
  }

  /// Job 2 of a first attempt fails, job 3 of `bad` always; all report and print.
  private static func work(_ payload: Payload) -> FakeOutcome {
    let variables = payload.environment
    let isFirst = variables["SPOOL_ATTEMPT"] == "1"
    let isBad = variables["SPOOL_TASK"] == "bad" && variables["SPOOL_INDEX"] == "3"
    var outcome = World.writeOutputs(payload)
    // Of `groups` each job fails that has more than one input.
    let isWide = variables["SPOOL_TASK"] == "groups" && payload.arguments.count > 3
    if isBad || isWide || (isFirst && variables["SPOOL_INDEX"] == "2") { outcome = .exit(3) }
    outcome.duration = 200
    outcome.errors = Array("\(variables["SPOOL_JOB"] ?? "?") says so\n".utf8)
    outcome.report = Array(#"{"eventsIn": 100, "eventsOut": 10}"#.utf8)
    return outcome
  }

  /// Plays all of it. Returns what lies in the spool before the watcher ends, and after. `settling`
  /// are milliseconds that pass before the end.
  public func play(settling: Int = 0) throws -> (during: Files, after: Files) {
    try orders()
    try groups()
    try deletion()
    world.run(for: 90_000)
    try world.task("packed", #""input": {"count": 3}, "command": ["w"]"#)
    run { world.hasEnded("packed") }
    world.run(for: 25_000)
    try chain()
    try world.task("open", #""input": "never", "command": ["w", "{input}"]"#)
    try world.task("held", #""input": {"count": 4}, "command": ["w"], "priority": 7"#)
    try world.order("hold", "held")
    world.run(for: 5000 + settling)
    let during = files()
    try world.stopWatcher()
    return (during, files())
  }

  private func run(_ isReached: () -> Bool) { world.run(until: isReached) }

  private func chain() throws {
    for number in 0..<6 { try world.files.plant([1, 2, 3], at: "/data/f\(number).raw") }
    try world.drop(
      "run.json",
      """
      {"kind": "chain", "name": "run", "input": "raw", "steps": [
        {"name": "decode", "meta": {"campaign": "2026"}, "command": ["w", "{input}", "{output}"],
         "retention": "step", "outputs": [{"path": "/data/out/{stem}.dec"}], "retry": {"backoff": "100ms"}},
        {"name": "select", "command": ["w", "{inputs}", "{output}"], "filesPerJob": 2,
         "outputs": [{"path": "/data/out/{index}.sel"}], "retention": "5s"},
        {"name": "merge", "filesPerJob": "all", "command": ["w", "{inputs}", "{output}"],
         "outputs": [{"path": "/data/out/all.root"}]}
      ]}
      """)
    var lines = #"{"kind": "dataset", "name": "raw", "closed": true, "expected": 6}"# + "\n"
    for number in 0..<6 { lines += "{\"path\": \"/data/f\(number).raw\", \"size\": 3}\n" }
    try world.drop("raw.jsonl", lines)
    run { world.hasEnded("run") }
  }

  /// Groups of files, which fail and are tried one by one.
  private func groups() throws {
    let paths = (0..<6).map { "/data/p\($0).raw" }
    for path in paths { try world.files.plant([1], at: path) }
    let list = paths.map { "\"\($0)\"" }.joined(separator: ", ")
    try world.drop(
      "parts.json",
      "{\"kind\": \"dataset\", \"name\": \"parts\", \"files\": [\(list)], \"closed\": true}")
    try world.task(
      "groups",
      """
      "input": "parts", "groupBy": "{dir}", "filesPerJob": 3, "retry": {"attempts": 1},
      "command": ["w", "{group}", "{inputs}"]
      """)
    run { world.hasEnded("groups") }
    try world.order("retry", "groups", #""split": true"#)
    world.run(for: 300)
    run { world.hasEnded("groups") }
  }

  private func orders() throws {
    try world.task(
      "bad",
      """
      "input": {"count": 6}, "command": ["w", "{output}"],
      "retry": {"attempts": 2, "backoff": "1s"},
      "outputs": [{"path": "/data/out/bad.{index}"}], "environment": {"A": "b"}
      """)
    run { world.hasEnded("bad") }
    try world.order("retry", "bad", #""failedOnly": true, "memory": "3GB""#)
    world.run(for: 300)
    run { world.hasEnded("bad") }
    try world.task(
      "idle", #""input": {"values": ["a", "b", "c", "d"]}, "command": ["w", "{value}"]"#)
    world.run(for: 100)
    try world.order("priority", "idle", #""priority": 2"#)
    world.run(for: 300)
    try world.order("hold", "idle")
    world.run(for: 1000)
    try world.order("release", "idle")
    run { world.hasEnded("idle") }
    try world.task("gone", #""input": {"count": 50}, "command": ["w"]"#)
    run { world.lineCount("ledger/gone.jsonl") >= 5 }
    try world.order("cancel", "gone")
    run { world.hasEnded("gone") }
  }

  private func deletion() throws {
    try world.files.plantDirectories(World.buffer)
    try world.watchBuffer("watched", #""closeOn": "END""#)
    world.run(for: 500)
    for name in ["a.raw", "b.raw", "c.raw", "END"] {
      try world.files.plant([7, 7], at: "\(World.buffer)/\(name)")
      world.run(for: 700)
    }
    run { world.state(ofDataset: "watched") == "closed" }
    try world.delete("watched", #""inputs": true"#)
    run { world.state(ofDataset: "watched") == "deleted" }
  }

  /// Everything of the spool but the heartbeats, `STATUS`, `backlog.json` and `spool.json`.
  private func files() -> Files {
    world.files.paths(below: World.root).compactMap { path in
      let name = String(path.dropFirst(World.root.count + 1))
      let isBeat = [
        "STATUS", "backlog.json", "spool.json", "README.md", "watcher.json", "watcher.lock",
      ].contains(name)
      guard !path.hasSuffix("/"), !isBeat, !name.hasSuffix("pilot.json") else { return nil }
      return world.files.peek(path).map { (name, $0) }
    }
  }

  /// A fixture's text: before each file a line with its name and length, behind it a line's end.
  public static func encode(_ files: Files) -> [UInt8] {
    files.reduce(into: []) { text, file in
      text += Array("=== \(file.path) \(file.bytes.count)\n".utf8) + file.bytes + [10]
    }
  }

  /// Reads a fixture; nil where it is damaged.
  public static func decode(_ text: [UInt8]) -> Files? {
    var files: Files = []
    var at = 0
    while at < text.count {
      guard let end = text[at...].firstIndex(of: 10) else { return nil }
      let words = String(decoding: text[at..<end], as: UTF8.self).split(separator: " ")
      guard words.count == 3, words[0] == "===", let count = Int(words[2]),
        end + 1 + count < text.count
      else { return nil }
      files.append((String(words[1]), Array(text[end + 1..<end + 1 + count])))
      at = end + 1 + count + 1
    }
    return files
  }
}
