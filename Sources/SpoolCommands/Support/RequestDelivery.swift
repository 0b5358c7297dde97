internal import SpoolModel
internal import SpoolStore

/// Drops requests, and waits for the watcher's answer.
struct RequestDelivery {
  let spool: Spool
  private let waker: Waker

  /// Milliseconds to wait for an answer, and between two looks where no event comes.
  static let patience = 15_000
  static let interval = 100

  /// `directories` are those in which something changes when it is answered.
  init(_ spool: Spool, directories: [String]) throws {
    self.spool = spool
    waker = try Waker()
    let events = EventSources.make(poll: false)
    for directory in directories { events.watch(directory) { [waker] _ in waker.wake() } }
  }

  /// Drops a request. True once the watcher has accepted it; where it has not, and where none is alive,
  /// that is said. `words` are what is ordered, as `close run42.raw`.
  func deliver(_ submission: Submission, _ words: String) throws -> Bool {
    let name: String
    do throws(FileError) {
      name = try submission.drop(into: spool)
    } catch {
      throw Failure(.unavailable, "\(error)")
    }
    guard WatcherProbe(spool).warning == nil else {
      Terminal.print("\(words): lies in incoming/ until a watcher comes")
      return false
    }
    guard try wait({ try isAnswered(name) }) else {
      Terminal.print("\(words): not yet taken by the watcher")
      return false
    }
    if let reason = try refusal(name) { throw Failure(.failed, reason) }
    return true
  }

  /// Waits until something holds; false if it does not in time.
  func wait(_ isReached: () throws -> Bool) throws -> Bool {
    let time = SystemTime()
    let end = time.now + Self.patience
    while try !isReached() {
      guard time.now < end else { return false }
      waker.wait(until: Waker.now() + UInt64(Self.interval) * 1_000_000)
    }
    return true
  }

  /// It moves from `incoming/` to the taken ones, and from there away: so this order.
  private func isAnswered(_ name: String) throws -> Bool {
    if spool.files.isPresent("\(spool.layout.incoming)/\(name)") { return false }
    return try !spool.takenRequests().contains { $0.name == name }
  }

  private func refusal(_ name: String) throws -> String? {
    let path = "\(spool.layout.refused)/\(name).reason"
    guard let bytes = try spool.files.readIfPresent(path, limit: 1 << 20) else { return nil }
    return String(decoding: bytes, as: UTF8.self).trimmed
  }
}
