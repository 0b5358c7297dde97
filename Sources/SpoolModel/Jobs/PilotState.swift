/// The state of a pilot: whether it takes jobs.
public enum PilotState: String, Sendable, Hashable, CaseIterable {
  /// Takes jobs.
  case active
  /// Takes no more jobs, lets the running ones end, and leaves.
  case draining
  /// Takes no more jobs, lets the running ones end, and waits until its quarantine file is removed.
  case quarantined
}
