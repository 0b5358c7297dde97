#if Inotify
  internal import CInotifyTools
  internal import Glibc
  internal import Synchronization

  /// The source of events from inotify, by way of libinotifytools. The library's state is global:
  /// there is one source in a process, and one thread that never ends does everything but the
  /// setting up.
  ///
  /// Changes by other hosts are not seen. Where the library fails for good, ``delivers`` turns
  /// false and every watched directory gets a last `.rescan`.
  public final class InotifyEventSource: EventSource {
    typealias Receiver = @Sendable (DirectoryEvent) -> Void

    /// A request to the thread.
    struct Request: Sendable {
      var directory: String
      /// The receiver; nil where nobody wants to hear of the directory any more.
      var receive: Receiver?
      var isBuffer = false
    }

    private struct Mailbox {
      var isOpen = true
      var requests: [Request] = []
      var trouble: String?
    }

    private let mailbox = Mutex(Mailbox())
    /// A file without a name that the thread watches: touching it wakes the thread.
    private let wakeFile: Int32

    private static let made = Result<InotifyEventSource, FileError> { () throws(FileError) in
      try InotifyEventSource()
    }

    /// Returns the one source, which the first call sets up. The first call comes early, since the
    /// library waits with `select`, which knows no descriptor beyond 1,023. Fails with the system's
    /// refusal: `ENOSYS` (no inotify), `EMFILE` (too many users of it, or descriptors), `ENOSPC`
    /// (too many watches).
    public static func shared() throws(FileError) -> InotifyEventSource { try made.get() }

    private init() throws(FileError) {
      try Self.initialize()
      let (wakeFile, watch) = try Self.makeWakeFile()
      self.wakeFile = wakeFile
      try WorkerThread.start { [self] in InotifyLoop(self, wakeWatch: watch).run() }
    }

    /// True until the library fails for good.
    public var delivers: Bool { mailbox.withLock { $0.isOpen } }

    /// The last refusal of a watch by the limits of the system; nil while there was none.
    public var trouble: String? { mailbox.withLock { $0.trouble } }

    /// Takes note of a refused watch.
    func note(_ trouble: String) { mailbox.withLock { $0.trouble = trouble } }

    /// Begins to report a directory, and returns at once. The thread sets the watch up and then
    /// reports the first `.rescan`, also where the directory cannot be watched (is not there, say).
    /// That is tried again for a minute.
    public func watch(
      _ directory: String, _ receive: @escaping @Sendable (DirectoryEvent) -> Void
    ) {
      ask(Request(directory: directory, receive: receive))
    }

    /// Begins to report a directory with its creations. A directory that cannot be watched is tried
    /// again for as long as somebody wants it.
    public func watchBuffer(
      _ directory: String, _ receive: @escaping @Sendable (DirectoryEvent) -> Void
    ) {
      ask(Request(directory: directory, receive: receive, isBuffer: true))
    }

    /// Ends the reports of a directory.
    public func forget(_ directory: String) { ask(Request(directory: directory, receive: nil)) }

    private func ask(_ request: Request) {
      let isOpen = mailbox.withLock { mailbox in
        if mailbox.isOpen { mailbox.requests.append(request) }
        return mailbox.isOpen
      }
      if isOpen {
        _ = futimens(wakeFile, nil)
      } else {
        request.receive?(DirectoryEvent(directory: request.directory, name: "", kind: .rescan))
      }
    }

    /// Returns the requests since the last call. With `closing` no more are taken.
    func takeRequests(closing: Bool = false) -> [Request] {
      mailbox.withLock { mailbox in
        if closing { mailbox.isOpen = false }
        defer { mailbox.requests = [] }
        return mailbox.requests
      }
    }
  }

  // MARK: - Setting up

  extension InotifyEventSource {
    /// Initialises the library. It keeps its descriptor to itself, but that is the lowest free one,
    /// and the payloads of a pilot must not inherit it.
    private static func initialize() throws(FileError) {
      let lowest = open("/dev/null", O_RDONLY | O_CLOEXEC)
      if lowest < 0 { throw FileError("set up", "inotify", errno) }
      close(lowest)
      if lowest >= FD_SETSIZE { throw FileError("set up", "inotify", EMFILE) }
      if inotifytools_initialize() == 0 {
        throw FileError("set up", "inotify", inotifytools_error())
      }
      _ = fcntl(lowest, F_SETFD, FD_CLOEXEC)
    }

    /// Makes a file, watches it and takes its name away, so that nothing is left behind. Returns
    /// its descriptor and that of the watch.
    private static func makeWakeFile() throws(FileError) -> (file: Int32, watch: Int32) {
      let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
      var template = Array("\(parent)/spool-wake-XXXXXX".utf8CString)
      let file = mkstemp(&template)
      if file < 0 { throw FileError("make a file to wake by in", parent, errno) }
      _ = fcntl(file, F_SETFD, FD_CLOEXEC)
      defer { unlink(template) }
      guard inotifytools_watch_file(template, Int32(IN_ATTRIB)) == 1 else {
        close(file)
        throw FileError("watch a file in", parent, inotifytools_error())
      }
      return (file, inotifytools_wd_from_filename(template))
    }
  }
#endif
