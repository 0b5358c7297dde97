internal import SpoolModel
internal import SpoolStore

/// The delivery of results (R2).
///
/// In: a job, or a claim that never ran, and its outcome. Out: the result, written into the claimed
/// file, which moves to an inbox; and what the payload printed, in the log of its task. A job whose
/// result the filesystem refuses keeps it and is `delivering`.
final class Delivery {
  /// The outcome of an attempt.
  enum Outcome {
    /// The payload ended well: its staged outputs, and its report.
    case success([StagedOutput], PayloadReport)
    /// The attempt failed.
    case failure(JobFailure)
  }

  private let context: PilotContext
  private let heart: Heart
  private let table: JobTable
  private var logs: TaskLogs

  init(_ context: PilotContext, _ heart: Heart, _ table: JobTable) {
    self.context = context
    self.heart = heart
    self.table = table
    logs = TaskLogs(context.spool)
  }

  // MARK: Jobs

  /// Finishes a job: appends what it printed to its task's log, and hands in its result.
  func finish(_ job: RunningJob, _ outcome: Outcome) {
    var result = emptyResult(started: job.started)
    result.readyAt = job.document.readyAt
    result.stagingAt = job.staging?.at
    switch outcome {
    case .success(let outputs, let report):
      result.outputs = outputs
      result.report = report.numbers
      result.reportLeftOut = report.leftOut
    case .failure(let failure):
      result.cause = failure.cause
      result.reason = failure.reason
      result.checkpoint = failure.checkpoint
    }
    if let end = job.end {
      result.add(end)
      job.owesLog = true
    }
    table.noteEnd(of: job)
    deliver(job, result)
  }

  /// Hands in a result, perhaps not for the first time; the job leaves the table when it is settled.
  /// For as long as the result waits, so does what the payload printed.
  func deliver(_ job: RunningJob, _ result: JobResult) {
    var result = result
    let refusal = appendLog(job, &result)
    do throws(FileError) {
      guard try job.deliver(result, in: context.spool) else {
        // Whether it was taken, or the filesystem shows less than there is, the next looks tell.
        return heart.beatSoon()
      }
      if let refusal { context.say("\(refusal); the output of \(job.name.job) is not kept") }
      table.remove(job)
    } catch {
      context.troubles.note(error, "the result of \(job.name.job)")
    }
  }

  private func emptyResult(started: Timestamp) -> JobResult {
    JobResult(
      pilot: heart.name, host: context.options.host, started: started,
      ended: context.time.timestamp, cause: nil)
  }

  // MARK: Claims that never ran

  /// Hands in a claim that failed before it ran.
  func handIn(_ claim: consuming Claim, _ failure: JobFailure) {
    var result = emptyResult(started: context.time.timestamp)
    result.cause = failure.cause
    result.reason = failure.reason
    handIn(claim, result)
  }

  /// Hands in a claim with this result.
  func handIn(_ claim: consuming Claim, _ result: JobResult) {
    switch claim.finish(result, in: context.spool) {
    case .delivered: break
    // Taken; or the next heartbeat finds it.
    case .missing(let held): held.forget()
    // It lies in the pilot's directory: the next heartbeat finds it and tries again.
    case .pending(let held, let error):
      context.troubles.note(error, "the result of \(held.name.job)")
      held.forget()
    }
  }

  // MARK: Logs

  /// Forgets the logs: the pilot has another name, and with it other logs.
  func forgetLogs() { logs.forget() }

  /// Appends what a payload printed to the log of its task, if that is still to be done, and says in
  /// the result where. Returns the refusal, if there is one.
  private func appendLog(_ job: RunningJob, _ result: inout JobResult) -> FileError? {
    guard job.owesLog else { return nil }
    let outcome = result.cause?.description ?? "ok"
    do throws(FileError) {
      let text = try PayloadOutput(job.slot, context.local).readText(job.name, outcome: outcome)
      result.log = try logs.append(text, of: job.document, by: heart.name)
      job.owesLog = false
      return nil
    } catch {
      return error
    }
  }
}

extension JobResult {
  /// Takes in the end of the payload, and what the payload used.
  fileprivate mutating func add(_ end: PayloadEnd) {
    switch end.status {
    case .exited(let code): exit = Int(code)
    case .signalled(let number): signal = Int(number)
    }
    cpu = (end.cpu * 1e6).rounded() / 1e6
    memory = Int(end.memory)
  }
}
