public import SpoolModel
public import SpoolStore

/// The reasons for the state of a job, and advice, in words.
public struct JobExplanation {
  let spool: Spool
  let job: JobID
  let page: TaskPage
  private let now = SystemTime().timestamp

  /// Makes the explanation of a job, whose task has this page.
  public init(_ spool: Spool, _ job: JobID, _ page: TaskPage) {
    self.spool = spool
    self.job = job
    self.page = page
  }

  /// Reads the ledger and the directories of jobs, and returns the explanation, line by line.
  public func lines() throws -> [String] {
    var attempts: [LedgerLine] = []
    try LedgerReader(spool: spool, task: job.task).each { attempt, _ in
      if attempt.job == job { attempts.append(attempt) }
    }
    let places = try JobPlaces(spool, job.task)
    var lines = ["\(job), of a task that is \(page.stateText)"]
    lines += attempts.map(AttemptText.past)
    if let advice = attempts.last.flatMap(EnvironmentAdvice.advice) { lines.append("  " + advice) }
    if let running = places.running.first(where: { $0.name.job == job }) {
      let attempt = "attempt \(running.name.attempt)"
      if let since = places.staging[job] {
        lines.append(
          "\(attempt) has ended well; \(running.pilot) stages its outputs since \(since)")
      } else {
        lines.append("\(attempt) runs on \(running.pilot)")
      }
    } else if let ready = places.ready.first(where: { $0.name.job == job }) {
      lines.append("attempt \(ready.name.attempt) waits in \(ready.place.directory)")
      let pilots = try PilotListing(spool).pilots()
      let own = Reservation(ready.place, job: ready.name)
      if let keeper = pilots.first(where: { $0.reservation == own }) {
        lines.append("\(keeper.name) \(own.words)")
      } else {
        let records = pilots.compactMap(\.record)
        let obstacle = Shape.obstacle(
          to: ready.name, in: ready.place.queue, among: records, now: now)
        lines.append(obstacle ?? "it waits for a pilot with room")
      }
    } else {
      lines.append(attempts.last.map(outlook) ?? unseen)
    }
    return lines
  }

  /// Returns the prospects of a job that is in no directory, by its last attempt.
  private func outlook(_ last: LedgerLine) -> String {
    switch last.failure?.sequel {
    case nil: "it is done"
    case .final:
      page.isPacked
        ? "it has failed" : "it has failed; `spool retry \(job.task) --failed-only` tries it again"
    case .retry(let due):
      page.state.hasEnded
        ? "it was not tried again, because its task ended" : AttemptText.next(last, due, now: now)
    }
  }

  /// The prospects of a job without an attempt.
  private var unseen: String {
    guard job.index < page.jobs.total else {
      return "there is no such job: \(job.task) has \(page.jobs.total)"
    }
    return page.state.hasEnded
      ? "it was not run before the task ended" : "it is on its way, or waits for room in ready"
  }
}
