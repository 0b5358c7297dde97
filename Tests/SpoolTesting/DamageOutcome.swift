internal import SpoolModel
internal import SpoolStore
internal import SpoolWatcher

/// What came of a spool, as facts that do not depend on times, pilots and attempts, and what people
/// were told.
public struct DamageOutcome: Sendable {
  /// How an outcome compares with that of the undamaged spool.
  public enum Verdict: String, Sendable {
    /// Nothing differs, and nothing was told.
    case same
    /// Nothing differs: it was made good.
    case healed
    /// Something is missing, failed or left damaged, or the watcher does not begin, and people are
    /// told.
    case refused
    /// A request of a person became another valid request.
    case anotherRequest
    /// Something is wrong, or missing without a word.
    case silent
  }

  /// The facts: tasks, jobs, files, lines, sums.
  public private(set) var facts: Set<String> = []
  /// What people can read of trouble: errors, reasons, pages, findings of the check.
  public private(set) var told: Set<String> = []
  /// True if the watcher did not begin, and said so.
  public private(set) var isStopped = false
  /// True if the damaged bytes are still there, and the check has nothing to say of them.
  public private(set) var isLatent = false
  private var isAnotherRequest = false
  private let damage: DamagedSpool.Damage?

  init(_ world: World, tasks: [String], damage: DamagedSpool.Damage?, damaged: [UInt8]?) {
    self.damage = damage
    let stops = world.errors.map { "\($0)" }.filter { $0.contains("spool recover") }
    isStopped = !stops.isEmpty
    told.formUnion(world.errors.map { "error: \($0)" })
    told.formUnion(world.said.filter(Self.isTrouble).map { "log: \($0)" })
    told.formUnion(
      world.status.split(separator: "\n").filter(Self.isTrouble).map { "STATUS: \($0)" })
    for name in world.names("failed/@refused") where name.hasSuffix(".reason") {
      told.insert("refused: \(name): \(world.refusal(String(name.dropLast(7))) ?? "")")
    }
    guard !isStopped else { return }
    try? world.stopWatcher()
    for task in tasks { note(task, world) }
    for path in world.files.paths(below: "/data/out") where !path.contains("/.spool.") {
      facts.insert("file \(path) holds \(Self.text(world.files.peek(path) ?? []))")
    }
    for name in ["raw", "fresh", "seen", "olds", "run.decode", "run.merge", "bad", "late"] {
      noteDataset(name, world)
    }
    check(world, damaged)
    if let damage, let damaged { isAnotherRequest = Self.isRequest(damage.path, damaged) }
  }

  /// The lines of a view that a reader believes.
  private static func lines(_ path: String, _ world: World) -> [JSON] {
    let bytes = world.files.peek("\(World.root)/\(path)") ?? []
    return bytes.split(separator: 10).dropFirst().compactMap { line in
      SealedJSON.check(Array(line)) == .damaged ? nil : try? JSON.parse(Array(line))
    }
  }

  private static func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self).split(separator: "\n").joined(separator: "|")
  }

  private static func isTrouble(_ text: some StringProtocol) -> Bool {
    [
      "damage", "recover", "not as it was", "cannot", "torn", "refused", "Errno", "waits for",
      "lacks",
    ]
    .contains { text.contains($0) }
  }

  private mutating func note(_ task: String, _ world: World) {
    let page = world.page(task)
    let jobs = page?["jobs"]
    let counts = ["total", "done", "failed"].map { "\(jobs?[$0]?.integer ?? -1)" }
    facts.insert(
      "task \(task) is \(page?["state"]?.string ?? "nowhere") \(counts.joined(separator: " "))")
    if let reason = page?["reason"]?.string { told.insert("page of \(task): \(reason)") }
    for key in ["report", "outputs", "failures", "failedJobs"] {
      let sums = page?[key].map { String(decoding: $0.compact, as: UTF8.self) } ?? "none"
      facts.insert("sums \(task) \(key) \(sums)")
    }
    let unit = task.split(separator: ".").first.map(String.init) ?? task
    let isPacked = world.names("archive").contains("\(unit)/")
    let ledger = isPacked ? "archive/\(unit)/\(task).ledger.jsonl" : "ledger/\(task).jsonl"
    for line in Self.lines(ledger, world) {
      let job = line["job"]?.string ?? "?"
      let outcome = line["outcome"]?.string ?? "?"
      if outcome == "ok" {
        facts.insert("job \(job) ok")
      } else {
        told.insert("ledger: \(job) \(outcome): \(line["reason"]?.string ?? "")")
      }
    }
  }

  private mutating func noteDataset(_ name: String, _ world: World) {
    facts.insert("dataset \(name) is \(world.state(ofDataset: name) ?? "nowhere")")
    for line in Self.lines("datasets/\(name).jsonl", world) {
      var words = ["path", "size", "adler32", "report", "meta"].map { key in
        line[key].map { String(decoding: $0.compact, as: UTF8.self) } ?? "-"
      }
      words += (line["parents"]?.array ?? []).compactMap(\.string).sorted()
      let origin = line["origin"]
      let source = origin?["job"] ?? origin?["manifest"] ?? origin?["watch"]
      facts.insert(
        "line \(name) \(words.joined(separator: " ")) of \(source?.string ?? "?")")
    }
  }

  // MARK: What is left

  /// The places whose bytes nobody relies on, or people write.
  private static func isExempt(_ path: String) -> Bool {
    let name = String(path.dropFirst(World.root.count + 1))
    return ["logs/", "failed/@refused/", "incoming/", "journal/taken/"].contains {
      name.hasPrefix($0)
    } || ["README.md", "spool.json", "STATUS", "watcher.lock"].contains(name)
      || name.hasSuffix(".log") && name.hasPrefix("archive/")
  }

  private mutating func check(_ world: World, _ damaged: [UInt8]?) {
    var findings: [SpoolCheck.Finding] = []
    do {
      findings = try SpoolCheck(world.spool, isWatched: false).run().findings
        .filter { $0.kind == .wrong }
    } catch {
      told.insert("check: \(error)")
    }
    told.formUnion(findings.map { "check: \($0.place): \($0.message)" })
    guard let damaged, !damaged.isEmpty else { return }
    for path in world.files.paths(below: World.root) where !Self.isExempt(path) {
      guard world.files.peek(path) == damaged else { continue }
      let place = String(path.dropFirst(World.root.count + 1))
      // What was judged as torn is kept as it is, and the ledger says so.
      let isJudged = place.hasPrefix("failed/") && told.contains { $0.contains(" torn: ") }
      if !isJudged, !findings.contains(where: { $0.place == place }) { isLatent = true }
    }
  }

  /// Returns true if a damaged request reads as a request.
  private static func isRequest(_ path: String, _ bytes: [UInt8]) -> Bool {
    let name = String(path.dropFirst(World.root.count + 1))
    guard name.hasPrefix("incoming/") || name.hasPrefix("journal/taken/") else { return false }
    if name.hasSuffix(".jsonl") {
      return bytes.split(separator: 10).allSatisfy { (try? JSON.parse(Array($0))) != nil }
    }
    return (try? Request(bytes, root: "/data")) != nil
  }

  // MARK: The verdict

  /// Returns the facts that are here and not there.
  public func facts(besides other: DamageOutcome) -> [String] {
    facts.subtracting(other.facts).sorted()
  }

  /// Returns what was told here and not there.
  public func told(besides other: DamageOutcome) -> [String] {
    told.subtracting(other.told).sorted()
  }

  /// Compares with the outcome of the undamaged spool.
  public func verdict(_ oracle: DamageOutcome) -> Verdict {
    if isStopped {
      let name = damage.map { String($0.path.dropFirst(World.root.count + 1)) } ?? ""
      return told.contains { $0.contains(name) && $0.contains("spool recover") }
        ? .refused : .silent
    }
    let (more, less) = (facts(besides: oracle), oracle.facts(besides: self))
    let news = told(besides: oracle)
    if more.isEmpty, less.isEmpty {
      if isLatent { return .silent }
      if news.contains(where: { $0.hasPrefix("check: ") }) { return .refused }
      return news.isEmpty ? .same : .healed
    }
    if isAnotherRequest, !news.contains(where: { $0.hasPrefix("refused:") }) {
      return .anotherRequest
    }
    let isWrong = more.contains { $0.hasPrefix("file ") || $0.hasPrefix("line ") }
    return isWrong || news.isEmpty ? .silent : .refused
  }
}
