internal import Glibc
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// The service manager that started this process, as systemd does: it is told how the service stands,
/// and restarts one that no longer says so (its watchdog). The protocol is datagrams on the socket
/// that `NOTIFY_SOCKET` names. Without one, nothing is sent.
final class ServiceManager: Sendable {
  /// What was sent last.
  private struct Sent {
    var isReady = false
    var isStopping = false
    var status = ""
    var statusAt: UInt64 = 0
    /// The time of the last sign of life, in nanoseconds of the monotonic clock.
    var beat: UInt64?
  }

  /// The longest time between two signs of life: a service that is stopping asks for more time by them.
  static let longestInterval = Duration.seconds(15)
  /// The time that a service that is stopping asks for with each sign of life.
  static let stopTime = Duration.seconds(60)

  /// The time for which a line on how the service stands is left as it is.
  static let statusPause = Duration.seconds(1)

  private let socket: Int32
  private let address: [UInt8]
  private let isWatched: Bool
  private let sent = Mutex(Sent())
  /// The time within which ``beat()`` must be called again.
  let interval: Duration

  /// Makes one of a process's environment; `pid` is the process's own.
  init(_ environment: [String: String], pid: Int32 = getpid()) {
    let path = environment["NOTIFY_SOCKET"] ?? ""
    // A name that begins with @ is in the kernel's own space of names, where a zero stands for it.
    address = path.hasPrefix("@") ? [0] + path.utf8.dropFirst() : Array(path.utf8)
    let isUsable = (path.hasPrefix("@") || path.hasPrefix("/")) && address.count < Self.room
    socket =
      isUsable ? Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0) : -1
    // The watchdog may be for another process, which started this one.
    let isMine = environment["WATCHDOG_PID"].map { $0 == "\(pid)" } ?? true
    let limit = isMine ? environment["WATCHDOG_USEC"].flatMap { Int($0) } ?? 0 : 0
    isWatched = limit > 0
    interval =
      isWatched ? min(Self.longestInterval, .microseconds(limit / 4)) : Self.longestInterval
  }

  deinit { if socket >= 0 { close(socket) } }

  /// The manager of this process, of which the programs that it starts learn nothing. It comes before
  /// the first other thread.
  static func own() -> ServiceManager {
    let manager = ServiceManager(Environment.all)
    for name in ["NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"] { unsetenv(name) }
    return manager
  }

  /// Says that the service is at work, and in a line how it stands: each once until it changes, and
  /// the line once a second at most.
  func ready(_ status: String) {
    let isFirst = sent.withLock { sent in
      defer { sent.isReady = true }
      return !sent.isReady
    }
    if isFirst { send("READY=1") }
    tell(status)
    beat()
  }

  /// Says that the service ends. From then on each sign of life asks for more time.
  func stopping(_ status: String) {
    let isFirst = sent.withLock { sent in
      defer { sent.isStopping = true }
      if !sent.isStopping { sent.beat = nil }
      return !sent.isStopping
    }
    if isFirst { send("STOPPING=1") }
    tell(status)
    beat()
  }

  /// Gives a sign of life, where one is due.
  func beat() {
    guard socket >= 0 else { return }
    let now = Waker.now()
    let message = sent.withLock { sent -> String? in
      if let last = sent.beat, now < Waker.deadline(interval / 2, after: last) { return nil }
      sent.beat = now
      var lines: [String] = []
      if isWatched { lines.append("WATCHDOG=1") }
      if sent.isStopping {
        lines.append("EXTEND_TIMEOUT_USEC=\(Self.stopTime.milliseconds * 1000)")
      }
      return lines.joined(separator: "\n")
    }
    if let message, !message.isEmpty { send(message) }
  }

  private func tell(_ status: String) {
    guard socket >= 0 else { return }
    let line = status.printable()
    let now = Waker.now()
    let isNew = sent.withLock { sent in
      guard sent.status != line, now >= sent.statusAt else { return false }
      sent.status = line
      sent.statusAt = Waker.deadline(Self.statusPause, after: now)
      return true
    }
    if isNew { send("STATUS=\(line)") }
  }

  /// The length of an address.
  private static let room = MemoryLayout.size(ofValue: sockaddr_un().sun_path)

  /// Sends a datagram. It never waits, and an error is passed over: a manager that does not listen is
  /// no reason not to work.
  private func send(_ text: String) {
    guard socket >= 0 else { return }
    var target = sockaddr_un()
    target.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &target.sun_path) { $0.copyBytes(from: address) }
    let length = MemoryLayout<sockaddr_un>.size - Self.room + address.count
    let bytes = Array(text.utf8)
    let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
    withUnsafePointer(to: &target) { target in
      target.withMemoryRebound(to: sockaddr.self, capacity: 1) { target in
        _ = sendto(socket, bytes, bytes.count, flags, target, socklen_t(length))
      }
    }
  }
}
