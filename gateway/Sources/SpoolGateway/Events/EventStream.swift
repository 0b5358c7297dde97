internal import SpoolModel
internal import SpoolStore

/// The events as one viewer gets them.
struct EventStream {
  private let log: EventLog
  private let task: Name?
  private var last: Int
  /// What is told before all events.
  private var greeting: [UInt8]?
  private let time = SystemTime()
  private var sent: Instant

  /// The time after which a stream without news gets a line that says that it lives.
  private static let alive = Duration.seconds(10)

  /// Begins with the events to come, or after the one that the viewer saw last.
  init(_ log: EventLog, task: Name?, lastEventID: String?) {
    self.log = log
    self.task = task
    last = lastEventID.flatMap { log.number($0) } ?? log.last
    sent = time.instant
    // At once, so that the viewer knows that it is connected, and where it stands.
    greeting = Array(": spool\nretry: 2000\nid: \(log.life)-\(last)\n\n".utf8)
    if let lastEventID, log.number(lastEventID) == nil { greeting = Self.reset(log, last) }
  }

  private static func reset(_ log: EventLog, _ last: Int) -> [UInt8] {
    Array("id: \(log.life)-\(last)\nevent: reset\ndata: {}\n\n".utf8)
  }

  /// Returns what the viewer gets next, and waits for it; nil when the gateway ends.
  mutating func next() async -> [UInt8]? {
    if let greeting {
      self.greeting = nil
      return greeting
    }
    while !log.isClosed, !Task.isCancelled {
      if log.last == last { await log.wait(after: last) }
      let news: [UInt8]
      switch log.batch(after: last, task: task) {
      case .lost(let newest):
        last = newest
        news = Self.reset(log, newest)
      case .events(let bytes, let newest):
        last = newest
        news = bytes
      }
      let now = time.instant
      guard !news.isEmpty || now - sent > Self.alive else { continue }
      sent = now
      return news.isEmpty ? Array(":\n\n".utf8) : news
    }
    return nil
  }
}
