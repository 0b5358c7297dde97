internal import SpoolStore
internal import Synchronization

/// What a ``Crowd`` did in a window of time, all of its numbers measured there.
public struct CrowdReport: Sendable {
  /// The party that could do no more.
  public enum Limit: Sendable, Equatable {
    /// All slots are in use, or the rest waits for nobody else.
    case none
    /// The server has served as many calls as it can.
    case server
    /// The watcher has made calls all the time.
    case watcher
    /// The pilots have made calls all the time.
    case pilots
  }

  /// Jobs that began.
  public var jobs = 0
  /// Seconds of the window.
  public var seconds = 0.0
  /// The part of the slots' time in which no payload ran.
  public var idle = 0.0
  /// The part in which none ran although a job lay in ready: what claims cost, beyond what the server
  /// and the watcher can do.
  public var idleBeyond = 0.0
  /// Lost races for each claim.
  public var lost = 0.0
  /// Calls of all parties, and those of pilots and of the watcher.
  public var calls = 0
  public var pilots = CallTally.Counts()
  public var watcher = CallTally.Counts()
  /// The part of the server's capacity that was used.
  public var serverUse = 0.0
  /// The part of the time in which the watcher was in a turn, and the pilots, on the mean, in a step.
  public var watcherUse = 0.0
  public var pilotUse = 0.0
  /// Microseconds of processor time of the watcher for each job.
  public var watcherProcessor = 0.0
  /// Milliseconds of the watcher's longest turn, simulated and of processor time.
  public var longestTurn = 0.0
  public var longestTurnProcessor = 0.0
  /// The mean number of jobs in ready, and the number of results in the inbox at the end.
  public var ready = 0.0
  public var inbox = 0
  /// Milliseconds from the drop of a late task to its first job; nil: it had not begun.
  public var late: Int?

  public var rate: Double { Double(jobs) / seconds }
  public var callsPerJob: Double { Double(calls) / Double(max(1, jobs)) }
  public var callRate: Double { Double(calls) / seconds }
  /// Calls on names for each job.
  public var namesPerJob: Double {
    Double(pilots.calls.onNames + watcher.calls.onNames) / Double(max(1, jobs))
  }

  public var limit: Limit {
    if idle < 0.02 { return .none }
    if serverUse >= 0.95 { return .server }
    if watcherUse >= 0.95 { return .watcher }
    return pilotUse >= 0.9 ? .pilots : .none
  }
}

extension Crowd {
  /// The longest time that a late task is waited for, in milliseconds.
  private static let patience = 60_000

  /// Lets the crowd work for `warmUp`, measures it for `window`, and ends it. Milliseconds. In the middle
  /// of the window another user drops a small task. Calls `progress` ten times a simulated second.
  public func measure(
    after warmUp: Int, for window: Int, progress: (Crowd) -> Void = { _ in }
  ) throws -> CrowdReport {
    use.measure(now + warmUp..<now + warmUp + window)
    advance(warmUp, progress)
    var report = CrowdReport()
    report.seconds = Double(window) / 1000
    let before = snapshot
    watcherWork.forgetLongest()
    var (samples, ready, beyond) = (0, 0, 0)
    func sample(_ crowd: Crowd) {
      let lying = crowd.lying.ready
      samples += 1
      ready += lying
      beyond += min(lying, crowd.use.free(at: crowd.now))
      progress(crowd)
    }
    advance(window / 2, sample)
    let dropped = now
    try dropLate()
    advance(window - window / 2, sample)
    fill(&report, before)
    report.ready = Double(ready) / Double(max(1, samples))
    report.idleBeyond = Double(beyond) / Double(max(1, samples * setup.allSlots))
    while use.firstOfLate == nil, now - dropped < Self.patience { advance(1000, progress) }
    report.late = use.firstOfLate.map { $0 - dropped }
    interleaving.finish()
    return report
  }

  private func advance(_ milliseconds: Int, _ progress: (Crowd) -> Void) {
    let end = interleaving.now + milliseconds * 1000
    while interleaving.now < end {
      interleaving.sleep(until: min(end, interleaving.now + 100_000))
      progress(self)
    }
  }

  private var snapshot: Snapshot {
    Snapshot(
      calls: server.calls, pilots: pilotCalls.counts, watcher: watcherCalls.counts,
      work: watcherWork.sums, steps: pilotWork.withLock { $0 })
  }

  private struct Snapshot {
    var calls: Int
    var pilots: CallTally.Counts
    var watcher: CallTally.Counts
    var work: WorkMeter.Sums
    var steps: Int
  }

  private func fill(_ report: inout CrowdReport, _ before: Snapshot) {
    let after = snapshot
    let microseconds = report.seconds * 1_000_000
    report.jobs = use.startedInWindow
    report.idle = 1 - Double(use.busy) / (report.seconds * 1000 * Double(setup.allSlots))
    report.calls = after.calls - before.calls
    report.pilots = after.pilots - before.pilots
    report.watcher = after.watcher - before.watcher
    report.lost = Double(report.pilots.lost) / Double(max(1, report.pilots.claims))
    report.serverUse = report.callRate / server.capacity
    report.watcherUse = Double(after.work.busy - before.work.busy) / microseconds
    report.pilotUse =
      Double(after.steps - before.steps) / microseconds / Double(setup.pilots)
    report.watcherProcessor =
      Double(after.work.processor - before.work.processor) / 1000 / Double(max(1, report.jobs))
    report.longestTurn = Double(after.work.longest) / 1000
    report.longestTurnProcessor = Double(after.work.longestProcessor) / 1_000_000
    report.inbox = lying.inbox
  }
}
