/// The source for a process that can have no other. It never reports a change: a caller that waits
/// looks on a timer (R9: 50 ms busy to 2 s idle).
public final class PollingEventSource: EventSource {
  /// The reason for which there are no events, for the log: `cannot set up inotify: EMFILE (…)`; nil
  /// where that was asked for.
  public let trouble: String?

  /// Makes a source with the reason for it, where that is not a wish.
  public init(reason: String? = nil) { trouble = reason }

  /// Always false.
  public var delivers: Bool { false }

  /// Reports one `.rescan` on the caller's thread before it returns, and nothing after.
  public func watch(_ directory: String, _ receive: @escaping @Sendable (DirectoryEvent) -> Void) {
    receive(DirectoryEvent(directory: directory, name: "", kind: .rescan))
  }

  /// Reports one `.rescan`, as ``watch(_:_:)``.
  public func watchBuffer(
    _ directory: String, _ receive: @escaping @Sendable (DirectoryEvent) -> Void
  ) {
    watch(directory, receive)
  }

  /// Does nothing, since nothing is reported.
  public func forget(_ directory: String) {}
}
