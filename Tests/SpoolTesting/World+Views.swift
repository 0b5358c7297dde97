public import SpoolModel
internal import SpoolPilot
internal import SpoolStore
internal import SpoolWatcher

/// What a test looks at: files alone, as any user could.
extension World {
  /// Puts a request into `incoming/`, whole, as `mv` does.
  public func drop(_ name: String, _ text: String) throws {
    try files.plant(Array(text.utf8), at: "\(Self.root)/incoming/\(name)")
    hints.incoming = true
  }

  /// A dropped task, its members as JSON without the braces.
  @discardableResult
  public func task(_ name: String, _ members: String) throws -> String {
    try drop("\(name).json", "{\"kind\": \"task\", \"name\": \"\(name)\", \(members)}")
    return "\(name).json"
  }

  /// Drops an order about a task; returns its file's name.
  @discardableResult
  public func order(_ kind: String, _ task: String, _ more: String = "") throws -> String {
    orders += 1
    let name = "\(kind)\(orders).json"
    let members = more.isEmpty ? "" : ", \(more)"
    try drop(name, "{\"kind\": \"\(kind)\", \"task\": \"\(task)\"\(members)}")
    return name
  }

  /// What a pilot last said of itself.
  public func record(_ number: Int) -> PilotRecord? {
    pilot(number).flatMap { spool.heartbeat(of: $0.name) }
  }

  /// A task's summary, once it has ended, without its seal.
  public func summary(_ task: String) -> JSON? {
    unsealed("done/\(task).json") ?? unsealed("failed/\(task).json")
  }

  /// A task's page while it is in work, without its seal.
  public func page(ofTask task: String) -> JSON? { unsealed("running/\(task).json") }

  private func unsealed(_ name: String) -> JSON? {
    guard let bytes = files.peek("\(Self.root)/\(name)") else { return nil }
    var page = (try? JSON.parse(bytes))?.object
    page?.members.removeAll { $0.key == "crc32" }
    return page.map { .object($0) }
  }

  public func hasEnded(_ task: String) -> Bool { summary(task) != nil }

  /// The lines of a view, without the header.
  public func lines(_ path: String) -> [JSON] {
    let bytes = files.peek("\(Self.root)/\(path)") ?? []
    return bytes.split(separator: 10).dropFirst().map { (try? JSON.parse(Array($0))) ?? .null }
  }

  /// How many lines a view has, without the header: cheap enough to be asked after every step.
  public func lineCount(_ path: String) -> Int {
    max(0, (files.peek("\(Self.root)/\(path)") ?? []).count { $0 == 10 } - 1)
  }

  /// The ledger's lines as `JOB aATTEMPT OUTCOME`, in order.
  public func attempts(_ task: String) -> [String] {
    lines("ledger/\(task).jsonl").map { line in
      let job = line["job"]?.string ?? "?"
      return "\(job.suffix(2)) a\(line["attempt"]?.integer ?? 0) \(line["outcome"]?.string ?? "?")"
    }
  }

  /// What of the journal is synced, as text.
  public var journal: String {
    names("journal").filter { $0.hasSuffix(".log") }.map {
      String(decoding: files.peek("\(Self.root)/journal/\($0)") ?? [], as: UTF8.self)
    }.joined()
  }

  /// The names in a directory of the spool.
  public func names(_ directory: String) -> [String] {
    let prefix = "\(Self.root)/\(directory)/"
    return files.paths(below: prefix).map { String($0.dropFirst(prefix.count)) }
      .filter { !$0.dropLast().contains("/") }
  }

  /// Job files in a directory, hidden ones left out, and those in its lanes.
  public func jobFiles(_ directory: String) -> [String] {
    names(directory).filter(Self.isJobFile) + laneFiles(directory)
  }

  /// Job files in the lanes of a directory: `@07/NAME`.
  public func laneFiles(_ directory: String) -> [String] {
    lanes(directory).flatMap { lane in
      names("\(directory)/\(lane)").filter(Self.isJobFile).map { "\(lane)/\($0)" }
    }
  }

  /// The names of the lanes that a directory has.
  public func lanes(_ directory: String) -> [String] {
    Lane.all.map(\.directory).filter { files.isDirectory("\(Self.root)/\(directory)/\($0)") }
  }

  private static func isJobFile(_ name: String) -> Bool {
    name.hasPrefix("p") && name.contains(".a") && name.hasSuffix(".json") && name != "pilot.json"
  }

  /// Claims that lie in pilots' directories.
  public var claims: [String] {
    files.paths(below: "\(Self.root)/running").filter {
      guard let name = $0.split(separator: "/").last else { return false }
      return JobName(fileName: String(name)) != nil
    }
  }

  /// The state of an attempt's way: `incoming` to registered, all of it behind.
  public var isQuiet: Bool {
    watcher?.isIdle == true && jobFiles("ready-cpu").isEmpty && claims.isEmpty
      && jobFiles("done").isEmpty && jobFiles("failed").isEmpty
      && names("incoming").isEmpty && names("journal/taken").isEmpty
  }

  /// Runs until all is done, and then until what was left over has been cleaned up.
  @discardableResult
  public func settle(atMost milliseconds: Int = 120_000) -> Bool {
    guard run(atMost: milliseconds, until: { isQuiet }) else { return false }
    run(for: setup.config.partGrace.milliseconds + 2500)
    return isQuiet
  }

  /// What is wrong at the end: empty if all jobs of a task were registered exactly once, its
  /// outputs published exactly once, and nothing was left behind.
  public func faultsAtTheEnd(_ task: String, jobs: Int, outputs: Int = 1) -> [String] {
    var wrong = registrations(task, jobs: jobs)
    if outputs > 0 { wrong += publications(task, jobs: jobs, outputs: outputs) }
    wrong += leftovers()
    do {
      for finding in try SpoolCheck(spool).run().findings {
        wrong.append("\(finding.kind): \(finding.place): \(finding.message)")
      }
    } catch {
      wrong.append("check: \(error)")
    }
    return wrong
  }

  private func registrations(_ task: String, jobs: Int) -> [String] {
    var wrong: [String] = []
    var successes: [String: Int] = [:]
    var attempts: Set<String> = []
    for line in lines("ledger/\(task).jsonl") {
      let job = line["job"]?.string ?? "?"
      if line["outcome"]?.string == "ok" { successes[job, default: 0] += 1 }
      if !attempts.insert("\(job) \(line["attempt"]?.integer ?? 0)").inserted {
        wrong.append("\(job) attempt \(line["attempt"]?.integer ?? 0) is registered twice")
      }
    }
    for (job, count) in successes where count != 1 {
      wrong.append("\(job) succeeded \(count) times")
    }
    if successes.count != jobs { wrong.append("\(successes.count) of \(jobs) jobs registered") }
    if summary(task)?["jobs"]?["done"]?.integer != jobs { wrong.append("the summary is wrong") }
    return wrong
  }

  private func publications(_ task: String, jobs: Int, outputs: Int) -> [String] {
    var wrong: [String] = []
    let lines = lines("datasets/\(task).jsonl")
    if lines.count != jobs * outputs { wrong.append("\(lines.count) lines in the catalogue") }
    var paths: Set<String> = []
    for line in lines {
      let path = line["path"]?.string ?? "?"
      if !paths.insert(path).inserted { wrong.append("\(path) is in the catalogue twice") }
      guard let bytes = files.peek(path) else {
        wrong.append("\(path) is not there")
        continue
      }
      if bytes != Self.contents(line["origin"]?["job"]?.string ?? "?") {
        wrong.append("\(path) holds something else")
      }
      if line["adler32"]?.string != MemoryDigester.adler32(bytes) {
        wrong.append("\(path) has another checksum")
      }
    }
    return wrong
  }

  private func leftovers() -> [String] {
    var wrong: [String] = []
    for directory in ["ready-cpu", "ready-gpu", "done", "failed"] {
      for name in jobFiles(directory) { wrong.append("\(directory)/\(name) is left") }
    }
    for claim in claims { wrong.append("\(claim) is left") }
    for name in names("journal/taken") { wrong.append("taken/\(name) is left") }
    for path in files.paths(below: "/data") where path.contains("/.spool.") {
      wrong.append("\(path) is left")
    }
    return wrong
  }
}
