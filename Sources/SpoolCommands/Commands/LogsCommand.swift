internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

struct LogsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs",
    abstract: "Print what payloads printed: of a job, or of a whole task.",
    discussion: """
      Of a job that still runs, what it has printed so far.

      Example: spool logs run42.reco.00000017
      """)

  @OptionGroup var options: SpoolOptions
  @Argument(help: "A task, or a job as run42.reco.00000017.")
  var name: String
  @Flag(help: "Only of attempts that failed.")
  var failed = false

  func run() throws {
    let spool = try options.openWatched()
    let (task, job) = try resolve(spool)
    var hasPrinted = false
    let reader = try LogReader(spool, task)
    defer { reader.close() }
    try LedgerReader(spool: spool, task: task).each { attempt, _ in
      guard job == nil || attempt.job == job else { return }
      guard !failed || attempt.failure != nil else { return }
      guard let text = try reader.text(of: attempt) else { return }
      Terminal.write(text, to: 1)
      hasPrinted = true
    }
    if try printLive(task, job, spool) { hasPrinted = true }
    if !hasPrinted { Terminal.note("spool: \(name) has printed nothing that is kept") }
  }

  /// Returns the task, and the job if a job is named. A job's name may be a task's: the task wins.
  private func resolve(_ spool: Spool) throws -> (Name, JobID?) {
    let lookup = TaskLookup(spool)
    if let task = Name(name) {
      let isKnown = JobID(name).map { lookup.page(of: $0.task) != nil } ?? false
      let answer = isKnown ? lookup.find(task) : try lookup.findDropped(task)
      switch answer {
      case .page:
        JobID.noteTask(task, in: spool)
        return (task, nil)
      case .pending: return (task, nil)
      case .refused, .unknown: break
      }
    }
    if let job = JobID(name), lookup.page(of: job.task) != nil { return (job.task, job) }
    throw Failure(.missing, "there is no task or job \(name); `spool status` lists tasks")
  }

  /// Prints what running jobs have printed so far. Returns true if there was anything.
  private func printLive(_ task: Name, _ job: JobID?, _ spool: Spool) throws -> Bool {
    var hasPrinted = false
    for pilot in try spool.running(fresh: true).pilots.sorted() {
      for claim in try spool.claims(of: pilot) ?? []
      where claim.job.task == task && (job == nil || claim.job == job) {
        guard let text = try spool.readLiveLog(of: claim, on: pilot) else { continue }
        Terminal.print("==> \(claim.job) attempt \(claim.attempt): running on \(pilot)")
        Terminal.write(text, to: 1)
        hasPrinted = true
      }
    }
    return hasPrinted
  }
}
