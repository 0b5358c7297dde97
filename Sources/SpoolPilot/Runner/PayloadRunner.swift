/// A runner of payloads: the seam between the pilot's state machine and real processes.
///
/// In: payloads. Out: their starts, and their ends. No call blocks. All calls come from one thread,
/// the one that made the runner.
public protocol PayloadRunner: AnyObject {
  /// Begins to start a payload. ``takeStarts()`` reports how that went.
  func start(_ payload: Payload)
  /// Asks a payload to end: TERM to all its processes, KILL after `grace` (zero: at once). ``poll()``
  /// reports its end like any other. One that has not been started yet need not be: then its start
  /// has failed, with ``SpawnError/cancelled(_:)``. Unknown ids are ignored.
  func end(_ id: Int, grace: Duration)
  /// Asks a payload to end as its ``Payload/stop`` says: that signal to its process group, unless it
  /// has had it already; TERM to all its processes `grace` after it; KILL soon after. A further call
  /// can shorten the grace. A payload without `stop`, or that has not been started yet, ends as by
  /// ``end(_:grace:)``.
  func stop(_ id: Int, grace: Duration)
  /// Returns the payloads that ended since the last call, none of which has a process left. The
  /// runner looks at limits here, so it wants to be called at least once a second (R10).
  func poll() -> [PayloadEnd]
  /// Returns the starts that were decided up to the last ``poll()`` and not yet returned. The start
  /// of a payload that `poll` says has ended is among them. Where a start failed, no process is left.
  func takeStarts() -> [PayloadStart]
}
