internal import SpoolModel
public import SpoolStore

/// The check of a spool: walks its invariants, and changes nothing. In come the journal and the
/// directories; out goes a report.
public struct SpoolCheck {
  /// A finding at one place.
  public struct Finding: Hashable, Sendable {
    /// The weight of a finding.
    public enum Kind: String, Sendable {
      /// An invariant is broken.
      case wrong
      /// A file that belongs to no part of the spool. Spool leaves it alone.
      case foreign
      /// Nothing is wrong, but a watcher still has something to do.
      case pending
    }
    /// The weight of the finding.
    public var kind: Kind
    /// The file, relative to the spool, or the task or job.
    public var place: String
    /// The finding in words.
    public var message: String

    init(kind: Kind, place: String, message: String) {
      self.kind = kind
      self.place = place
      self.message = message
    }

    /// Makes a finding about a file whose name is anybody's.
    init(_ kind: Kind, at path: String, _ message: String) {
      self.init(kind: kind, place: path.printable(), message: message)
    }
  }

  /// The outcome of a check.
  public struct Report: Sendable {
    /// The findings, ordered by place.
    public var findings: [Finding]
    /// The numbers of tasks, jobs and files that were checked, in a line.
    public var summary: String
  }

  let spool: Spool
  /// The number of looks. Only findings in all of them count, because a watcher and pilots may be
  /// at work.
  static let looks = 3

  /// True if a watcher is at work.
  let isWatched: Bool

  /// Makes a check of a spool. `isWatched` is true if a watcher is at work; without one, jobs that
  /// were not put yet are no fault (R8).
  public init(_ spool: Spool, isWatched: Bool = true) {
    self.spool = spool
    self.isWatched = isWatched
  }

  /// Runs the check. `pause` is called before each look but the first: a busy watcher has journalled
  /// what it puts into place in a turn to come. Throws if the journal or a directory cannot be read.
  public func run(pause: () -> Void = {}) throws -> Report {
    var persistent: Set<Finding>?
    var summary = ""
    for number in 0..<Self.looks {
      if number > 0 { pause() }
      let state = try Replay(spool).run().state
      let findings = Set(try look(state))
      persistent = persistent?.intersection(findings) ?? findings
      summary = Self.summary(state)
      if persistent?.isEmpty ?? true { break }
    }
    let sorted = (persistent ?? []).sorted { ($0.place, $0.message) < ($1.place, $1.message) }
    return Report(findings: sorted, summary: summary)
  }

  private static func summary(_ state: SpoolState) -> String {
    let tasks = state.tasks.values
    let done = tasks.reduce(0) { $0 + $1.done }
    let failed = tasks.reduce(0) { $0 + $1.failed }
    let under = tasks.reduce(0) { $0 + state.jobs(of: $1.name).count }
    let files = state.datasets.values.reduce(0) { $0 + $1.files }
    let packed = state.packedTasks > 0 ? " (and \(state.packedTasks) packed)" : ""
    return "checked \(tasks.count) tasks\(packed): \(done) jobs done, \(failed) failed, "
      + "\(under) under way; \(state.datasets.count) datasets with \(files) files"
  }

  /// Returns the findings of one look.
  private func look(_ state: SpoolState) throws(FileError) -> [Finding] {
    var findings: [Finding] = []
    var places: [JobID: [String]] = [:]
    try ready(&places, &findings)
    try running(&places, &findings)
    try inboxes(&places, &findings)
    findings += sums(state, places)
    findings += try views(state)
    findings += try ArchiveCheck(spool, state).findings()
    findings += try SealCheck(spool, state).findings()
    findings += try CheckpointCheck(spool, state).findings()
    findings += try names()
    return findings
  }

  // MARK: Places

  private func ready(
    _ places: inout [JobID: [String]], _ findings: inout [Finding]
  ) throws(FileError) {
    for queue in Queue.allCases {
      for (place, names) in try spool.readyListings(queue, fresh: true) {
        for name in names where place.lane != nil || Lane(directory: name) == nil {
          guard let job = JobName(fileName: name) else {
            findings += foreign(name, in: .ready(place))
            continue
          }
          places[job.job, default: []].append("\(place.directory) a\(job.attempt)")
        }
      }
    }
  }

  private func running(
    _ places: inout [JobID: [String]], _ findings: inout [Finding]
  ) throws(FileError) {
    for pilot in try spool.running(fresh: true).pilots {
      guard let names = try spool.namesIfPresent(in: .pilot(pilot)) else { continue }
      for name in names where !PilotDirectory.isOwn(name) {
        guard let job = JobName(fileName: name) else {
          findings += foreign(name, in: .pilot(pilot))
          continue
        }
        places[job.job, default: []].append("running/\(pilot) a\(job.attempt)")
      }
    }
  }

  private func inboxes(
    _ places: inout [JobID: [String]], _ findings: inout [Finding]
  ) throws(FileError) {
    for failed in [false, true] {
      let own = try spool.names(in: .outcome(failed: failed), fresh: true)
      let lanes = own.compactMap { Lane(directory: $0) }
      inbox(own, in: .outcome(failed: failed), failed, &places, &findings) { name in
        name == "@refused" || Lane(directory: name) != nil || Name(name) != nil
          || name.hasSuffix(".json") && Name(name.dropLast(5)) != nil
      }
      for lane in lanes {
        let room = Spool.Room.lane(lane, failed: failed)
        let names = try spool.namesIfPresent(in: room) ?? []
        inbox(names, in: room, failed, &places, &findings) { _ in false }
      }
    }
  }

  private func inbox(
    _ names: [String], in room: Spool.Room, _ failed: Bool, _ places: inout [JobID: [String]],
    _ findings: inout [Finding], isOwn: (String) -> Bool
  ) {
    for name in names {
      if let file = InboxName(fileName: name, failed: failed) {
        places[file.job, default: []].append("\(failed ? "failed" : "done") a\(file.attempt)")
      } else if !isOwn(name) {
        findings += foreign(name, in: room)
      }
    }
  }

  private func foreign(_ name: String, in room: Spool.Room) -> [Finding] {
    // git keeps empty directories by this file.
    if name == ".gitkeep" { return [] }
    return [Finding(.foreign, at: spool.place(of: name, in: room), "is nobody's; left alone")]
  }

  // MARK: Sums

  /// Checks that each job is in exactly one place, and that the jobs of all states add up to those
  /// that were formed.
  private func sums(_ state: SpoolState, _ places: [JobID: [String]]) -> [Finding] {
    var findings: [Finding] = []
    for task in state.tasks.values where !task.state.hasEnded {
      if task.done + task.failed + state.jobs(of: task.name).count != task.formed {
        findings.append(
          wrong(
            task.name.text,
            "\(task.formed) jobs formed, but done, failed and under way are "
              + "\(task.done), \(task.failed), \(state.jobs(of: task.name).count)"))
      }
      for (index, job) in state.jobs(of: task.name) {
        let id = JobID(task: task.name, index: index)
        findings += place(id, job, (places[id] ?? []).filter { $0.hasSuffix(" a\(job.attempt)") })
      }
    }
    for (id, found) in places {
      guard state.tasks[id.task] != nil else {
        if state.packed[id.task] != nil {
          findings += over(id, found)
          continue
        }
        findings.append(
          Finding(
            kind: .foreign, place: found.joined(separator: ", "),
            message: "\(id) is of no task that the journal knows"))
        continue
      }
      if state.job(id) == nil { findings += over(id, found) }
    }
    return findings
  }

  /// Returns findings for a judged job with a file in ready. A file in `running/` is none: it may
  /// be on its way out.
  private func over(_ id: JobID, _ found: [String]) -> [Finding] {
    found.filter { place in Queue.allCases.contains { place.hasPrefix($0.directory + " ") } }.map {
      wrong(id.description, "is over, but a file of it is in \($0)")
    }
  }

  private func place(_ id: JobID, _ job: JobEntry, _ found: [String]) -> [Finding] {
    if found.count > 1 {
      return [wrong(id.description, "is in several places: \(found.joined(separator: ", "))")]
    }
    switch job.phase {
    case .waiting, .publishing: return []
    default: return found.isEmpty ? [missing(id)] : []
    }
  }

  /// Returns the finding for a job in no directory. It is only pending if no watcher runs, because
  /// a watcher that dies after a commit leaves jobs that it had not put yet (R8).
  private func missing(_ id: JobID) -> Finding {
    guard !isWatched else { return wrong(id.description, "is in no directory") }
    return Finding(
      kind: .pending, place: id.description,
      message: "is in no directory; the next watcher issues it anew")
  }

  private func wrong(_ place: String, _ message: String) -> Finding {
    Finding(kind: .wrong, place: place, message: message)
  }

  // MARK: Views

  /// Checks that each view has the length and the number of lines that the journal says.
  private func views(_ state: SpoolState) throws(FileError) -> [Finding] {
    var findings: [Finding] = []
    for dataset in state.datasets.values {
      findings += try check(
        .catalogue(dataset.name), dataset.length, lines: dataset.files + dataset.replaced.gone,
        "files")
      findings += try check(
        .replaced(dataset.name), dataset.replaced.length, lines: dataset.replaced.lines,
        "replaced files")
    }
    for task in state.tasks.values {
      findings += try check(
        .ledger(task.name), task.ledgerLength, lines: task.attempts, "attempts")
    }
    return findings
  }

  private func check(
    _ view: Spool.View, _ length: Int, lines expected: Int, _ what: String
  ) throws(FileError) -> [Finding] {
    let place = spool.place(of: view)
    guard let attributes = try spool.attributes(of: view) else {
      return length == 0 ? [] : [wrong(place, "is not there")]
    }
    guard attributes.size == length else {
      return [wrong(place, "has \(attributes.size) bytes, the journal says \(length)")]
    }
    let damage = try Self.damage(in: view, to: length, spool)
    guard damage.isEmpty else {
      return damage.map {
        wrong(place, "byte \($0): a line is not as it was written; see \"spool recover\"")
      }
    }
    let file = try spool.open(view)
    defer { file.close() }
    var reader = file.lines(to: length, longest: 64 << 20)
    var count = -1
    while try reader.next() != nil { count += 1 }
    guard max(0, count) == expected else {
      return [wrong(place, "has \(count) lines, the journal says \(expected) \(what)")]
    }
    return []
  }

  /// The most damaged places that are told of one view.
  static let mostPlaces = 100

  /// Returns the offsets of a view's lines that are not as they were written, and the offset at
  /// which it ends if that is too early.
  static func damage(
    in view: Spool.View, to length: Int, _ spool: Spool
  ) throws(FileError) -> [Int] {
    guard let file = try spool.openIfPresent(view) else { return [0] }
    defer { file.close() }
    return try file.damage(to: length, most: mostPlaces)
  }

  // MARK: Names

  /// Returns findings for files that do not belong at the top of the spool or in `incoming/`.
  private func names() throws(FileError) -> [Finding] {
    var findings: [Finding] = []
    for name in try spool.foreignNames() { findings += foreign(name, in: .root) }
    let incoming = try spool.incoming(fresh: true)
    for foreign in incoming.foreign {
      findings.append(
        Finding(
          kind: .foreign, place: "incoming/\(foreign.name)", message: "is not taken: \(foreign.why)"
        ))
    }
    return findings
  }
}
