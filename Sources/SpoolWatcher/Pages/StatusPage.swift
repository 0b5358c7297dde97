internal import SpoolModel
internal import SpoolStore

/// The text of `STATUS`: pilots, tasks, and the reasons for which tasks and datasets wait. In comes
/// the state; out goes text.
struct StatusPage {
  let spool: Spool
  /// The epoch of this watcher (R7).
  let epoch: Int
  let pilots: [PilotRecord]
  /// The jobs for which pilots keep room.
  let kept: [PilotName: Reservation]
  /// The number of jobs in ready, by task.
  let ready: [Name: Int]
  /// The shapes of the jobs in ready, by task.
  let shapes: [Name: Set<Shape>]
  /// The reasons for which tasks are held back by full filesystems.
  let full: [String]
  /// Returns in words what holds up the jobs of a task that wait.
  let waits: (TaskEntry) -> [String]
  /// The entries of `incoming/` that are not taken.
  let foreign: [Spool.Foreign]
  let directories: WatchedDirectories
  let remover: FileRemover
  /// True if the watcher is stopping, and this is its last page.
  let isLast: Bool

  /// The largest number of rows in a section.
  static let mostRows = 40

  /// Returns the line with the time, which does not count as a change.
  func heading(_ turn: Turn) -> String {
    "spool \(spool.layout.root)   watcher epoch \(epoch)"
      + "\(isLast ? ", stopped" : "")   \(turn.date)\n\n"
  }

  /// Returns the page without the heading.
  func text(_ turn: Turn) -> [UInt8] {
    var lines =
      troubleLines(turn) + mountLines(turn) + pilotLines + quarantineLines + [""] + taskLines(turn)
      + endedLines(turn) + watchedLines(turn) + deletedLines(turn)
    let why = reasons(turn)
    if !why.isEmpty { lines += ["", "WAITING"] + why.map { "  " + $0 } }
    if !foreign.isEmpty {
      lines += ["", "NOT TAKEN from incoming/ (requests are files named .json or .jsonl)"]
      lines += foreign.prefix(Self.mostRows).map { "  \($0.name): \($0.why)" }
      if foreign.count > Self.mostRows {
        lines.append("  … and \(foreign.count - Self.mostRows) more")
      }
    }
    return Array((lines.joined(separator: "\n") + "\n").utf8)
  }

  /// Returns the lasting refusals of the filesystem. They come first, because the end of the page
  /// may be missing on a full disk.
  private func troubleLines(_ turn: Turn) -> [String] {
    let lines = turn.troubles.lines
    guard !lines.isEmpty else { return [] }
    return ["TROUBLE  the filesystem refuses something; nothing is lost, and all is tried again"]
      + lines.map { "  " + $0 } + [""]
  }

  private func mountLines(_ turn: Turn) -> [String] {
    guard !turn.mountAdvice.isEmpty else { return [] }
    return ["MOUNT   (docs/FILESYSTEMS.md)"] + turn.mountAdvice.map { "  " + $0 } + [""]
  }

  private var pilotLines: [String] {
    let cores = pilots.reduce(0) { $0 + $1.cpus }
    let free = pilots.reduce(0) { $0 + $1.freeCpus }
    let running = pilots.reduce(0) { $0 + $1.jobs }
    var lines = [
      "PILOTS  \(pilots.count) alive, \(cores - free) of \(cores) cores busy, \(running) jobs"
    ]
    lines += pilots.prefix(Self.mostRows).map { pilot in
      let gpus = pilot.gpus > 0 ? ", \(pilot.gpus - pilot.freeGpus) of \(pilot.gpus) GPUs" : ""
      let tags = pilot.tags.isEmpty ? "" : ", tags " + pilot.tags.joined(separator: "+")
      let state = pilot.state == .active ? "" : ", \(pilot.state.rawValue)"
      let ends = pilot.ends.map { ", until \($0)" } ?? ""
      let keeps = kept[pilot.pilot].map { ", \($0.words)" } ?? ""
      return "  \(pilot.pilot)  \(pilot.cpus - pilot.freeCpus) of \(pilot.cpus) cores\(gpus), "
        + "\(pilot.jobs) jobs\(tags)\(state)\(ends)\(keeps)"
    }
    if pilots.count > Self.mostRows { lines.append("  … and \(pilots.count - Self.mostRows) more") }
    return lines
  }

  /// The pilots in quarantine, with the reasons.
  private var quarantineLines: [String] {
    let aside = pilots.filter { $0.state == .quarantined }
    guard !aside.isEmpty else { return [] }
    var lines = ["", "QUARANTINED  (`spool pilots release PILOT` brings one back)"]
    lines += aside.prefix(Self.mostRows).map { "  \($0.pilot)  \($0.reason ?? "no reason given")" }
    if aside.count > Self.mostRows { lines.append("  … and \(aside.count - Self.mostRows) more") }
    return lines
  }

  private func taskLines(_ turn: Turn) -> [String] {
    let live = turn.state.liveTasks
    let ended = turn.state.tasks.count - live.count
    let packed = turn.state.packedTasks
    var lines = [
      "TASKS   \(live.count) in work, \(ended) ended" + (packed > 0 ? ", \(packed) packed" : "")
    ]
    var rows = [["task", "state", "done", "of", "failed", "running", "ready", "retrying"]]
    for task in live.prefix(Self.mostRows) {
      let inReady = ready[task.name] ?? 0
      let page = TaskPage(task, turn.state, turn.placement, ready: inReady)
      let retrying = page.retrying
      rows.append([
        task.name.text, page.status.rawValue, "\(task.done)",
        "\(page.total)\(page.isOpen ? "+" : "")", "\(task.failed)",
        "\(max(0, turn.state.jobs(of: task.name).count - inReady - retrying))", "\(inReady)",
        "\(retrying)",
      ])
    }
    if rows.count > 1 { lines += TextTable.lines(rows).map { "  " + $0 } }
    if live.count > Self.mostRows { lines.append("  … and \(live.count - Self.mostRows) more") }
    return lines
  }

  /// Returns the tasks that ended last.
  private func endedLines(_ turn: Turn) -> [String] {
    let latest = turn.state.latest.compactMap { turn.state.tasks[$0] }
    guard !latest.isEmpty else { return [] }
    var rows = [["task", "state", "done", "failed", "took", "ended"]]
    for task in latest {
      let end = task.ended ?? task.accepted.at
      rows.append([
        task.name.text, task.state.rawValue, "\(task.done)", "\(task.failed)",
        Units.text(max(.zero, end - task.accepted.at)), end.description,
      ])
    }
    let ended = turn.state.tasks.count - turn.state.liveTasks.count
    let title = ended > latest.count ? "ENDED   the last \(latest.count)" : "ENDED"
    return ["", title] + TextTable.lines(rows).map { "  " + $0 }
  }

  /// Returns the reasons for which datasets, tasks and pilots wait.
  private func reasons(_ turn: Turn) -> [String] {
    shortDatasets(turn) + full + remover.troubles + waitingTasks(turn) + waitingPilots
  }

  private var waitingPilots: [String] {
    pilots.prefix(Self.mostRows).compactMap { pilot in
      pilot.trouble.map { "\(pilot.pilot): \($0)" }
    }
  }

  private func shortDatasets(_ turn: Turn) -> [String] {
    let open = turn.state.datasets.values.filter { $0.state == .open }
    return open.sorted { $0.name < $1.name }.compactMap { dataset in
      guard let closing = dataset.closesSince, dataset.isShort else { return nil }
      return "the dataset \(dataset.name): \(dataset.files) of \(dataset.expected ?? 0) files came "
        + "(\(left(since: closing, turn)) left)"
    }
  }

  /// Returns the time that is left of a wait for a dataset, in whole minutes. With seconds the page
  /// would change every second.
  private func left(since start: Timestamp, _ turn: Turn) -> String {
    let left = start + spool.config.datasetWait - turn.date
    let minutes = left.milliseconds / 60_000
    return minutes < 1 ? "less than a minute" : Units.text(milliseconds: minutes * 60_000)
  }

  private func waitingTasks(_ turn: Turn) -> [String] {
    turn.state.liveTasks.prefix(Self.mostRows).flatMap { task in
      if let missing = turn.placement.awaited(by: task.name) {
        return [
          "\(task.name): the dataset \(missing) is not there yet "
            + "(\(left(since: task.waitsSince, turn)) left)"
        ]
      }
      if let obstacle = turn.placement.obstacle(to: task.name), task.state == .active {
        return ["\(task.name): \(obstacle.words)"]
      }
      if task.state == .held { return ["\(task.name): held; `spool release` lets it go on"] }
      return [fit(task)].compactMap(\.self) + waits(task).map { "\(task.name): \($0)" }
    }
  }

  /// Returns the obstacle if no pilot can run a job in ready. A job may need more than its task
  /// says, after its memory limit grew.
  private func fit(_ task: TaskEntry) -> String? {
    for shape in shapes[task.name] ?? [] {
      if let obstacle = shape.obstacle(among: pilots) { return "\(task.name): \(obstacle)" }
    }
    return nil
  }
}
