/// Which source of events a process gets.
public enum EventSources {
  /// The best there is: inotify, unless `poll` says not to, the build is without it, or the system
  /// refuses (its limits, no inotify). Then it is a ``PollingEventSource``, whose `reason` tells.
  ///
  /// To be called early, while descriptors are few (``InotifyEventSource``).
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
