/// The choice of a process's source of events.
public enum EventSources {
  /// Makes the best source there is: inotify, unless `poll` says not to, the build is without it,
  /// or the system refuses (its limits, no inotify). Then it is a ``PollingEventSource`` with the
  /// reason.
  ///
  /// The caller calls it early, while descriptors are few (``InotifyEventSource``).
  public static func make(poll: Bool) -> any EventSource {
    if poll { return PollingEventSource() }
    #if Inotify
      do throws(FileError) {
        return try InotifyEventSource.shared()
      } catch {
        return PollingEventSource(reason: error.description)
      }
    #else
      return PollingEventSource(reason: "built without inotify")
    #endif
  }
}
