#if Inotify
  internal import CInotifyTools
  internal import Glibc

  /// The work of the thread of ``InotifyEventSource``, and its knowledge. Nobody else calls the
  /// library once the thread runs.
  final class InotifyLoop {
    private let source: InotifyEventSource
    private let wakeWatch: Int32
    private var receivers: [String: [InotifyEventSource.Receiver]] = [:]
    /// The directories of each watch descriptor: several, where several paths lead to one
    /// directory.
    private var directories: [Int32: [String]] = [:]
    private var watched: Set<String> = []
    /// The directories whose creations are reported, too. They are tried for as long as somebody
    /// wants them.
    private var buffers: Set<String> = []
    /// The directories that could not be watched, or are watched no more, with the number of tries
    /// that are left. There is one try a second.
    private var lost: [String: Int] = [:]
    /// The second of the monotonic clock in which the last try was.
    private var lastRetry: time_t = 0
    /// The number of watches that a directory has had.
    private var generations: [String: Int] = [:]

    init(_ source: InotifyEventSource, wakeWatch: Int32) {
      self.source = source
      self.wakeWatch = wakeWatch
    }

    /// Takes requests and reports events. Never ends, unless the library fails.
    func run() {
      while true {
        source.takeRequests().forEach(accept)
        retryLost()
        // Whole seconds; negative is for ever.
        if let event = inotifytools_next_event(lost.isEmpty ? -1 : 1) {
          handle(InotifyEvent(event))
          continue
        }
        let code = inotifytools_error()
        if code != 0 && code != EINTR { break }
      }
      source.takeRequests(closing: true).forEach(accept)
      rescanAll()
    }

    private func accept(_ request: InotifyEventSource.Request) {
      let directory = request.directory
      guard let receive = request.receive else { return forget(directory) }
      receivers[directory, default: []].append(receive)
      if request.isBuffer { buffers.insert(directory) }
      if !watched.contains(directory) { watch(directory, tries: Self.tries) }
      receive(DirectoryEvent(directory: directory, name: "", kind: .rescan))
    }

    /// Ends the reports of a directory. The watch itself stays, since the library would not let it
    /// go cleanly.
    private func forget(_ directory: String) {
      receivers[directory] = nil
      lost[directory] = nil
    }

    private static let tries = 60

    private func handle(_ event: InotifyEvent) {
      if event.watch == wakeWatch { return }
      if event.mask & UInt32(IN_Q_OVERFLOW) != 0 { return rescanAll() }
      guard let names = directories[event.watch] else { return }
      if event.mask & UInt32(IN_IGNORED) != 0 {
        directories[event.watch] = nil
        watched.subtract(names)
        for directory in names {
          if receivers[directory] != nil { watch(directory, tries: Self.tries) }
          report(directory, "", .rescan)
        }
        return
      }
      guard let name = event.name else { return }
      let kind: DirectoryEvent.Kind =
        if event.mask & UInt32(IN_MOVED_TO) != 0 {
          .movedIn
        } else {
          event.mask & UInt32(IN_CREATE) != 0 ? .created : .closed
        }
      for directory in names { report(directory, name, kind) }
    }

    private func rescanAll() {
      for directory in receivers.keys { report(directory, "", .rescan) }
    }

    private func report(_ directory: String, _ name: String, _ kind: DirectoryEvent.Kind) {
      let event = DirectoryEvent(directory: directory, name: name, kind: kind)
      for receive in receivers[directory] ?? [] { receive(event) }
    }
  }

  // MARK: - Watches

  extension InotifyLoop {
    /// Sets a watch, or remembers to try again.
    private func watch(_ directory: String, tries: Int) {
      let path = spelling(of: directory)
      var mask = Int32(IN_CLOSE_WRITE) | Int32(IN_MOVED_TO) | Int32(IN_ONLYDIR)
      if buffers.contains(directory) { mask |= Int32(IN_CREATE) }
      if inotifytools_watch_file(path, mask) == 1 {
        directories[inotifytools_wd_from_filename(path), default: []].append(directory)
        generations[directory, default: 0] += 1
        watched.insert(directory)
        lost[directory] = nil
      } else {
        let error = FileError("watch", directory, inotifytools_error())
        // The limit of watches. A directory that is not there may come.
        if error.isFull || error.isShortage { source.note("inotify: \(error)") }
        lost[directory] = tries > 0 || buffers.contains(directory) ? tries : nil
      }
    }

    /// Returns a spelling of a directory's path that was not used before, ending with a slash.
    ///
    /// The library keeps watches that the kernel has ended, and would give us their descriptors for
    /// a path that it knows. So a directory that was removed and made again is called `/a/./`, then
    /// `/a/.//`, `/a/././`: the binary digits of the number of watches that it has had.
    private func spelling(of directory: String) -> String {
      let digits = generations[directory].map { String($0, radix: 2) } ?? ""
      return directory + "/" + digits.map { $0 == "1" ? "./" : "/" }.joined()
    }

    /// Tries again to watch lost directories, at most once a second.
    private func retryLost() {
      if lost.isEmpty { return }
      var now = timespec()
      clock_gettime(CLOCK_MONOTONIC, &now)
      if now.tv_sec == lastRetry { return }
      lastRetry = now.tv_sec
      for (directory, tries) in lost {
        watch(directory, tries: tries - 1)
        if watched.contains(directory) { report(directory, "", .rescan) }
      }
    }
  }

  /// A copy of an event: the library's own is overwritten by its next call.
  private struct InotifyEvent {
    var watch: Int32
    var mask: UInt32
    /// The name of the entry; nil where there is none, or it is not UTF-8.
    var name: String?

    init(_ event: UnsafeMutablePointer<inotify_event>) {
      watch = event.pointee.wd
      mask = event.pointee.mask
      guard event.pointee.len > 0 else { return }
      // The name follows the fixed part, ended by at least one zero.
      let raw = UnsafeRawPointer(event) + MemoryLayout<inotify_event>.size
      name = String(validatingCString: raw.assumingMemoryBound(to: CChar.self))
    }
  }
#endif
