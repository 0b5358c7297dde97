/// A runner of payloads: the seam between the pilot's state machine and real processes.
///
/// In: payloads. Out: their ends. No call blocks. All calls come from one thread, the one that made
/// the runner.
public protocol PayloadRunner: AnyObject {
  /// Starts a payload. Fails with what could not be done; no process is left then.
  func start(_ payload: Payload) throws(SpawnError)
  /// Asks a payload to end: TERM to all its processes, KILL after `grace` (zero: at once). ``poll()``
  /// reports its end like any other. Unknown ids are ignored.
  func end(_ id: Int, grace: Duration)
  /// Returns the payloads that ended since the last call, none of which has a process left. The
  /// runner looks at limits here, so it wants to be called at least once a second (R10).
  func poll() -> [PayloadEnd]
}
