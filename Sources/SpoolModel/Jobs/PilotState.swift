/// Whether a pilot takes jobs.
public enum PilotState: String, Sendable, Hashable, CaseIterable {
  case active
  /// Lets what runs end, and leaves.
  case draining
  /// Set aside: lets what runs end, and waits until its quarantine file is removed.
  case quarantined
}
