internal import SpoolModel
internal import SpoolStore

/// The settling of a job whose payload has ended: the verdict, the report, the outputs (R3). What
/// cannot be read or synced now is tried again for the pilot's patience, for as long as the claim is
/// the pilot's (R10).
extension JobStages {
  /// Passes the verdict on a payload that ended; one with outputs is staged next.
  func settle(_ job: RunningJob) {
    guard let end = job.end else { return }
    if job.isTaken { return discard(job) }
    if end.isByForeignTerm, !job.isReturning {
      if orders.standing.isLeaving { return fail(job, .returned, Self.sweptAway) }
      guard hasWaited(job, Self.sweep) else { return settleLater(job) }
    }
    let printed = PayloadOutput(job.slot, context.local)
    if let fault = containerFault(end, of: job, printed) {
      return fail(job, fault.cause, fault.words)
    }
    if let failure = Verdict.failure(
      end, of: job.document, isReturning: job.isReturning, lastLines: printed.readLastLines)
    {
      return failure.cause == .unfinished ? keep(job) : fail(job, failure)
    }
    do throws(PayloadReport.Problem) {
      if job.report == nil {
        job.report = try PayloadReport.read(job.slot.report, context.local)
      }
    } catch {
      switch error {
      case .bad(let why): return fail(job, .output, why)
      case .refused(let refusal): return hold(job, refusal)
      }
    }
    job.isShort = false
    if job.document.outputs.isEmpty { return succeed(job, []) }
    do throws(FileError) {
      if let problem = try OutputParts.findLink(job, context.local) {
        return fail(job, .output, problem)
      }
    } catch {
      return hold(job, error)
    }
    let longest = max(Self.leastStaging, job.document.wall)
    job.beginStaging(at: context.now, context.time.timestamp, atMost: longest)
    digester.start(job.id, OutputParts.requests(for: job))
  }

  /// Returns the fault of a container that ended without having run the payload; nil where it did.
  private func containerFault(
    _ end: PayloadEnd, of job: RunningJob, _ printed: PayloadOutput
  ) -> ContainerFault? {
    guard let container = job.document.container, let runtime = context.options.containers,
      end.reason == .itself, case .exited(let code) = end.status, code != 0
    else { return nil }
    return ContainerFault.find(
      container, runtime.kind, exit: code, printed: printed.readLastErrors() ?? "",
      program: job.document.command.first?.text ?? "")
  }

  /// The time within which the pilot hears that it is to leave, if what ended a payload by TERM was the
  /// batch system, which tells all processes of a batch job.
  static let sweep = Duration.milliseconds(500)
  private static let sweptAway = "given back: it was ended by TERM, and the pilot was told to leave"

  /// The time that staging has at least; a job of a longer wall time has as much as that.
  static let leastStaging = Duration.seconds(600)

  /// Gives up the staging of jobs whose time for it is over, so that none blocks a pilot that is to
  /// leave, nor goes on for ever (R10).
  func endOverdueStaging() {
    let now = context.now
    for job in table.jobs where job.stage == .staging {
      guard let staging = job.staging, now >= staging.end else { continue }
      digester.cancel(job.id)
      let time = Units.text(now - staging.since)
      let what = job.isKeeping ? "checkpoint" : "outputs"
      if job.isReturning {
        fail(job, .returned, "given back before its \(what) were staged, which took \(time) so far")
      } else {
        fail(job, .staging, "its \(what) could not be synced and checksummed within \(time)")
      }
    }
  }

  func staged(_ job: RunningJob, _ digests: [FileDigest]) {
    let isOutOfOrder = wasOutOfOrder(since: context.now - Troubles.calm) && !hasWaited(job)
    switch parts.stage(job.document, digests, &job.unsynced, isOutOfOrder: isOutOfOrder) {
    case .done(let outputs): succeed(job, outputs)
    case .failed(let failure): fail(job, failure)
    case .refused(let error): hold(job, error)
    case .missing(let path): missed(job, path)
    }
  }

  /// Takes in that an output is not there. One look at a filesystem does not count, nor any while the
  /// spool is away. A filesystem that was out of order meanwhile may hide the output, or have kept the
  /// payload from writing it: then the pilot looks for its patience, and blames nobody.
  private func missed(_ job: RunningJob, _ path: String) {
    guard job.hasMissed || job.isReturning, !absences.isAway else {
      job.hasMissed = true
      return settleLater(job)
    }
    guard wasOutOfOrder(since: min(job.begun, context.now - Troubles.calm)) else {
      return fail(job, .output, "the payload ended well, but did not write \(path)")
    }
    let doubt =
      "the payload ended well, but \(path) is not there, and the filesystem was out of order"
    if job.isReturning {
      return fail(job, .returned, "given back before its outputs were staged: \(doubt)")
    }
    guard hasWaited(job) else { return settleLater(job) }
    fail(job, .staging, doubt)
  }

  /// True if this pilot met a filesystem out of order at the moment or later.
  private func wasOutOfOrder(since moment: Instant) -> Bool {
    let met = [absences.lastBack, context.troubles.lastOutage]
    return absences.isAway || met.contains { $0.map { $0 >= moment } ?? false }
  }

  /// True if what the payload left has been waited for as long as the pilot's patience lasts.
  private func hasWaited(_ job: RunningJob, _ patience: Duration? = nil) -> Bool {
    job.settling.map { context.now - $0.since >= patience ?? context.patience } ?? false
  }

  /// Lets a job whose payload ended well wait until what the payload left can be read and synced.
  /// When the pilot's patience is over that is a failure of the node or the filesystem, never the
  /// payload's.
  func hold(_ job: RunningJob, _ error: FileError) {
    if job.isReturning {
      return fail(job, .returned, "given back before its outputs were staged: \(error)")
    }
    // While the spool is away a result would wait as well. What this host is short of is freed by other
    // jobs that end.
    let isPatient = absences.isAway || error.isShortage && !hasWaited(job, Self.longestShortage)
    guard !error.isLasting, !hasWaited(job) || isPatient else {
      return fail(job, .staging, "\(error)")
    }
    context.troubles.note(error, job.name.job.description)
    job.isShort = error.isShortage
    settleLater(job)
  }

  private func settleLater(_ job: RunningJob) {
    let now = context.now
    var settling = job.settling ?? Settling(at: now)
    settling.wait(from: now)
    job.settling = settling
    job.stage = .unsettled
  }

  private func succeed(_ job: RunningJob, _ outputs: [StagedOutput]) {
    orders.noteSuccess()
    delivery.finish(job, .success(outputs, job.report ?? PayloadReport()))
  }
}
