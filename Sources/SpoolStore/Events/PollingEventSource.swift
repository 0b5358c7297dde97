/// The source where none can be had: it never tells of a change.
///
/// Whoever waits must look on a timer (R9: 50 ms busy to 2 s idle), as ``delivers`` says.
public final class PollingEventSource: EventSource {
  /// Why there are no events, for the log: `asked for`, `cannot set up inotify: EMFILE (…)`.
  public let reason: String

  public init(reason: String = "asked for") {
    self.reason = reason
  }

  public var delivers: Bool { false }

  /// Reports one `.rescan`, before it returns and so on the caller's thread, and nothing after.
  public func watch(_ directory: String, _ receive: @escaping @Sendable (DirectoryEvent) -> Void) {
    receive(DirectoryEvent(directory: directory, name: "", kind: .rescan))
  }

  public func watchBuffer(
    _ directory: String, _ receive: @escaping @Sendable (DirectoryEvent) -> Void
  ) {
    watch(directory, receive)
  }

  public func forget(_ directory: String) {}
}
