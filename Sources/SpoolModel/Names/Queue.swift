/// The queue of a job: one of the two ready directories.
public enum Queue: String, Sendable, Hashable, CaseIterable {
  /// `ready-cpu/`
  case cpu
  /// `ready-gpu/`
  case gpu

  /// The name of its directory in a spool.
  public var directory: String { "ready-\(rawValue)" }
}
