internal import SpoolModel
internal import SpoolStore

/// Where the jobs of a task are now: what waits in ready, what pilots have.
struct JobPlaces {
  var ready: [(name: JobName, queue: Queue)] = []
  var running: [(name: JobName, pilot: PilotName)] = []

  init(_ spool: Spool, _ task: Name) throws(FileError) {
    for pilot in try spool.running(fresh: true).pilots {
      for job in try spool.claims(of: pilot) ?? [] where job.job.task == task {
        running.append((job, pilot))
      }
    }
    for queue in Queue.allCases {
      for job in try spool.readyJobs(queue, fresh: true) where job.job.task == task {
        ready.append((job, queue))
      }
    }
  }
}

/// Why a task stands as it does.
struct TaskExplanation {
  let spool: Spool
  let task: Name
  let page: TaskLookup.Page
  private let now = SystemTime().epoch

  static let mostCauses = 5

  init(_ spool: Spool, _ task: Name, _ page: TaskLookup.Page) {
    self.spool = spool
    self.task = task
    self.page = page
  }

  var lines: [String] {
    get throws {
      var lines = ["\(task) is \(page.stands)" + (page.reason.map { ": \($0)" } ?? "")]
      lines.append(
        "\(page.jobs("done")) of \(page.jobs("total")) jobs are done, \(page.jobs("failed")) failed"
      )
      switch page.state {
      case .waiting: lines.append(waiting)
      case .held: lines.append("it was held; `spool release \(task)` lets it go on")
      case .active: lines += try active()
      case .done, .failed, .cancelled: break
      }
      lines += try failures()
      return lines
    }
  }

  private var waiting: String {
    if let dataset = page.json["lacks"]?.string {
      return
        "it is to have everything, and the dataset \(dataset) lacks files: `spool retry` tries what "
        + "failed again, `spool release \(task)` goes on without"
    }
    let dataset = page.json["waitsFor"]?.string ?? "?"
    let since = page.json["waitsSince"]?.integer ?? now
    let left = max(0, since + spool.config.datasetWait.milliseconds - now) / 1000 * 1000
    return "the dataset \(dataset) is not there, \(Units.text(milliseconds: left)) left: drop its "
      + "manifest, or a task that fills it"
  }

  private func active() throws -> [String] {
    var lines: [String] = []
    let places = try JobPlaces(spool, task)
    if !places.running.isEmpty {
      let pilots = Set(places.running.map(\.pilot)).sorted().map(\.text)
      lines.append(
        "\(places.running.count) jobs run, on \(pilots.prefix(5).joined(separator: ", "))"
          + (pilots.count > 5 ? " and \(pilots.count - 5) more" : ""))
    }
    if !places.ready.isEmpty { lines.append(try ready(places)) }
    if page.jobs("total") == 0 { lines.append("no job is formed yet: its input is empty so far") }
    if page.json["jobs"]?["open"]?.bool == true {
      lines.append(
        "more files may come: a dataset of its input is open; a manifest with \"closed\": true, or "
          + "the end of the tasks that fill it, closes it")
    }
    return lines
  }

  private func ready(_ places: JobPlaces) throws -> String {
    let pilots = try spool.running(fresh: true).pilots.compactMap { spool.heartbeat(of: $0) }
    let count = "\(places.ready.count) jobs wait in ready"
    for shape in Set(places.ready.map { $0.name.shape(in: $0.queue) }) {
      if let obstacle = shape.obstacle(among: pilots) { return "\(count): \(obstacle)" }
    }
    let priority = places.ready.map(\.name.priority).min() ?? 5
    var ahead = 0
    for queue in Set(places.ready.map(\.queue)) {
      ahead += try spool.readyJobs(queue, fresh: true).count { $0.priority < priority }
    }
    let others = ahead > 0 ? ", and \(ahead) jobs of better priority are before them" : ""
    return "\(count) for a pilot with room\(others)"
  }

  /// What went wrong, a line per cause with the latest reason.
  private func failures() throws -> [String] {
    var final: [String: (count: Int, last: JSON)] = [:]
    var again: [String: JSON] = [:]
    try LedgerReader(spool: spool, task: task).each { attempt in
      guard let job = attempt["job"]?.string else { return }
      again[job] = nil
      guard let outcome = attempt["outcome"]?.string, outcome != "ok" else { return }
      if attempt["final"]?.bool == true {
        final[outcome] = ((final[outcome]?.count ?? 0) + 1, attempt)
      } else {
        again[job] = attempt
      }
    }
    var lines: [String] = []
    if !page.state.hasEnded, let next = again.values.min(by: { Self.due($0) < Self.due($1) }) {
      lines.append(
        "\(again.count) jobs are to be tried again, as \(JobExplanation.next(next, now))")
    }
    let causes = page.json["failures"]?.object?.members.map(\.key) ?? []
    for (cause, entry) in final.filter({ causes.contains($0.key) })
      .sorted(by: { $0.value.count > $1.value.count }).prefix(Self.mostCauses)
    {
      let count = page.json["failures"]?[cause]?.integer ?? 0
      lines.append("\(count) jobs failed of \(cause), as \(JobExplanation.attempt(entry.last))")
      if !page.isPacked, let advice = Self.advice(cause, task) { lines.append("  " + advice) }
    }
    return lines
  }

  private static func due(_ attempt: JSON) -> Int { attempt["retryAt"]?.integer ?? 0 }

  private static func advice(_ cause: String, _ task: Name) -> String? {
    switch Cause(cause) {
    case .memory: "`spool retry \(task) --cause memory --memory 8GB` tries them with more"
    case .wall: "`spool retry \(task) --cause wall --wall 4h` tries them with more time"
    case .exit, .signal, .output: "`spool logs \(task) --failed` shows what they printed"
    case .input: "`spool retry \(task) --cause input` tries them when the input is there"
    case .exists: "move the file away, or let the task say \"overwrite\": true"
    default: nil
    }
  }
}

/// Why a job stands as it does.
struct JobExplanation {
  let spool: Spool
  let job: JobID
  let page: TaskLookup.Page

  init(_ spool: Spool, _ job: JobID, _ page: TaskLookup.Page) {
    self.spool = spool
    self.job = job
    self.page = page
  }

  var lines: [String] {
    get throws {
      let now = SystemTime().epoch
      var attempts: [JSON] = []
      try LedgerReader(spool: spool, task: job.task).each { attempt in
        if attempt["job"]?.string == job.description { attempts.append(attempt) }
      }
      let places = try JobPlaces(spool, job.task)
      var lines = attempts.map(Self.attempt)
      if let running = places.running.first(where: { $0.name.job == job }) {
        lines.append("attempt \(running.name.attempt) runs on \(running.pilot)")
      } else if let ready = places.ready.first(where: { $0.name.job == job }) {
        lines.append("attempt \(ready.name.attempt) waits in ready-\(ready.queue.rawValue)")
        let pilots = try spool.running(fresh: true).pilots.compactMap { spool.heartbeat(of: $0) }
        let shape = ready.name.shape(in: ready.queue)
        lines.append(shape.obstacle(among: pilots) ?? "it waits for a pilot with room")
      } else if let last = attempts.last {
        lines.append(end(last, now))
      } else {
        lines.append(unseen)
      }
      return ["\(job), of a task that is \(page.stands)"] + lines
    }
  }

  private func end(_ last: JSON, _ now: Int) -> String {
    if last["outcome"]?.string == "ok" { return "it is done" }
    if last["final"]?.bool == true {
      let advice = "; `spool retry \(job.task) --failed-only` tries it again"
      return "it has failed" + (page.isPacked ? "" : advice)
    }
    return page.state.hasEnded ? "it came to nothing, as its task ended" : Self.next(last, now)
  }

  private var unseen: String {
    guard job.index < page.jobs("total") else {
      return "there is no such job: \(job.task) has \(page.jobs("total"))"
    }
    return page.state.hasEnded
      ? "it was not run before the task ended" : "it is on its way, or waits for room in ready"
  }

  /// `run42.reco.00000017 attempt 2 on node07-3fa91c22: exit139 after 12.0 s: segmentation fault`.
  static func attempt(_ attempt: JSON) -> String {
    let job = attempt["job"]?.string ?? "?"
    let number = attempt["attempt"]?.integer ?? 0
    let pilot = attempt["pilot"]?.string.map { " on \($0)" } ?? ""
    var text = "\(job) attempt \(number)\(pilot): \(attempt["outcome"]?.string ?? "?")"
    if let started = attempt["started"]?.integer, let ended = attempt["ended"]?.integer {
      text += " after \(Units.text(milliseconds: max(0, ended - started)))"
    }
    if let reason = attempt["reason"]?.string?.split(separator: "\n").last { text += ": \(reason)" }
    return text
  }

  /// The same of an attempt that another follows.
  static func next(_ attempt: JSON, _ now: Int) -> String {
    let number = attempt["attempt"]?.integer ?? 0
    let left = max(0, (attempt["retryAt"]?.integer ?? now) - now)
    let time =
      left > 0 ? "in \(Units.text(milliseconds: left / 100 * 100))" : "as soon as there is room"
    return "\(Self.attempt(attempt)); attempt \(number + 1) comes \(time)"
  }
}
