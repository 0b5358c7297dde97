internal import SpoolClient
internal import SpoolModel
internal import SpoolStore
internal import Synchronization

/// Something that a verb does once, or again and again until somebody stops it.
final class Repetition: Sendable {
  private let service: ServiceManager
  private let waker: Waker
  private let stopped = Mutex(false)

  init(_ service: ServiceManager) throws(FileError) {
    self.service = service
    waker = try Waker()
  }

  /// Ends it, and a pause at once.
  func stop() {
    stopped.withLock { $0 = true }
    waker.wake()
  }

  var isStopped: Bool { stopped.withLock { $0 } }

  /// Calls `body`, and again after each `interval`, until stopped. An error of the first call is thrown. One
  /// of a later call is told once, since it may pass, and the next call is made when it is due.
  func run(every interval: Duration, by who: String, _ body: () throws -> Void) throws {
    var trouble: String?
    var isFirst = true
    while !isStopped {
      let next = Waker.deadline(in: interval)
      do {
        try body()
        if trouble != nil { Terminal.say(who, "it goes on") }
        trouble = nil
      } catch {
        if isFirst { throw error }
        if trouble != "\(error)" { Terminal.say(who, "\(error)") }
        trouble = "\(error)"
      }
      isFirst = false
      pause(until: next, trouble ?? "at work")
    }
    service.stopping("leaving")
  }

  /// Waits for so long, or until stopped, with signs of life for the service manager.
  func pause(_ time: Duration, _ status: String) {
    pause(until: Waker.deadline(in: time), status)
  }

  private func pause(until end: UInt64, _ status: String) {
    repeat {
      service.ready(status)
      waker.wait(until: min(end, Waker.deadline(in: service.interval)))
    } while Waker.now() < end && !isStopped
  }
}

extension Repetition {
  /// Does `body` once; or, with an interval, until INT or TERM. It must come before the first other thread.
  static func run(
    every interval: Duration?, by who: String, _ begin: () throws -> () throws -> Void
  ) throws -> Int32 {
    guard let interval else {
      try begin()()
      return 0
    }
    let service = ServiceManager.own()
    let signals = try StopSignals.catchAll()
    let body = try begin()
    let repetition = try Repetition(service)
    try signals.onEach { repetition.stop() }
    try repetition.run(every: interval, by: who, body)
    return signals.exitCode
  }
}

extension Units {
  /// Returns what is wrong with a time between two rounds; nil for none, and for one from a second on.
  static func intervalProblem(_ text: String?) -> String? {
    guard let text, duration(text) ?? .zero < .seconds(1) else { return nil }
    return "--every: expected a time from 1s, as 30s, found \(text)"
  }
}
