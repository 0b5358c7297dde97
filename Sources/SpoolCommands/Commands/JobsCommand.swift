internal import ArgumentParser
internal import SpoolModel
internal import SpoolStore

struct JobsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jobs",
    abstract: "List the jobs of a task: those in work, and every attempt that ended.",
    discussion: "Example: spool jobs run42.reco --failed")

  @OptionGroup var options: SpoolOptions
  @Argument(help: "The task.")
  var task: String
  @Flag(help: "Only attempts that failed, with the reason.")
  var failed = false
  @Option(help: "table or json.")
  var format = OutputFormat.table

  func run() throws {
    let name = try TaskArgument.name(task)
    let spool = try options.openWatched()
    var tasks = [name]
    switch TaskLookup(spool).find(name) {
    case .page(let page): tasks = page.tasks ?? tasks
    case .pending: Terminal.note("spool: \(name) is dropped, and not yet taken by a watcher")
    case .refused(let refusal):
      throw Failure(.failed, "\(name) was refused: \(refusal.reason)")
    case .unknown: throw TaskArgument.missing(name, in: spool)
    }
    var attempts: [JSON] = []
    for task in tasks {
      try LedgerReader(spool: spool, task: task).each { attempt in
        if !failed || attempt["outcome"]?.string != "ok" { attempts.append(attempt) }
      }
      if !failed { attempts += try current(task, spool) }
    }
    Output.render(
      format, columns: ["job", "attempt", "outcome", "pilot", "time", "cpu", "memory", "reason"],
      rows: attempts.map(Self.row), json: attempts)
  }

  /// Jobs that wait in ready, and those that pilots run.
  private func current(_ task: Name, _ spool: Spool) throws -> [JSON] {
    var lines: [JSON] = []
    for pilot in try spool.running(fresh: true).pilots.sorted() {
      for job in try spool.claims(of: pilot) ?? [] where job.job.task == task {
        lines.append(Self.line(job, "running", pilot))
      }
    }
    for queue in Queue.allCases {
      for job in try spool.readyJobs(queue, fresh: true) where job.job.task == task {
        lines.append(Self.line(job, "ready", nil))
      }
    }
    return lines.sorted { $0["job"]?.string ?? "" < $1["job"]?.string ?? "" }
  }

  private static func line(_ job: JobName, _ outcome: String, _ pilot: PilotName?) -> JSON {
    var object = JSONObject([
      .init("job", .string(job.job.description)), .init("attempt", .integer(job.attempt)),
      .init("outcome", .string(outcome)),
    ])
    if let pilot { object["pilot"] = .string(pilot.text) }
    return .object(object)
  }

  private static func row(_ attempt: JSON) -> [String] {
    var time = ""
    if let started = attempt["started"]?.integer, let ended = attempt["ended"]?.integer {
      time = Units.text(milliseconds: max(0, ended - started))
    }
    let final = attempt["final"]?.bool == false ? " (tried again)" : ""
    return [
      attempt["job"]?.string ?? "", "\(attempt["attempt"]?.integer ?? 0)",
      (attempt["outcome"]?.string ?? "") + final, attempt["pilot"]?.string ?? "", time,
      attempt["cpu"]?.double.map { Units.fixed($0, 2) + " s" } ?? "",
      attempt["memory"]?.integer.map { Units.text(bytes: $0) } ?? "",
      attempt["reason"]?.string?.split(separator: "\n").last.map(String.init) ?? "",
    ]
  }
}
