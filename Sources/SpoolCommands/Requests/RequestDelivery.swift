internal import SpoolModel
internal import SpoolStore

/// The way of a request to the watcher: drops it, and waits for the answer.
struct RequestDelivery {
  let spool: Spool
  private let waker: Waker

  /// The longest wait for an answer.
  static let patience = Duration.seconds(15)
  /// The time between two looks if no event comes.
  static let interval = Duration.milliseconds(100)

  /// `rooms` are those in which something changes when the watcher answers.
  init(_ spool: Spool, rooms: [Spool.Room]) throws {
    self.spool = spool
    waker = try Waker()
    let events = EventSources.make(poll: false)
    for room in rooms { events.watch(spool.path(of: room)) { [waker] _ in waker.wake() } }
  }

  /// Drops a request, and waits for the answer. Returns true once the watcher has accepted it. Tells the
  /// user and returns false if no watcher is alive, or none has answered in time; fails if the watcher
  /// refuses it. `words` say what is ordered, as `close run42.raw`.
  func deliver(_ submission: Submission, _ words: String) throws -> Bool {
    let name: String
    do throws(FileError) {
      name = try submission.drop(into: spool)
    } catch {
      throw Failure(.unavailable, "\(error)")
    }
    guard WatcherProbe(spool).warning() == nil else {
      Terminal.print("\(words): lies in incoming/ until a watcher comes")
      return false
    }
    guard try wait({ try isAnswered(name) }) else {
      Terminal.print("\(words): not yet taken by the watcher")
      return false
    }
    if let refused = try RefusedRequest.named(name, in: spool) {
      throw Failure(.failed, refused.reason)
    }
    return true
  }

  /// Waits until a condition holds. Returns false if it does not hold in time.
  func wait(_ isReached: () throws -> Bool) throws -> Bool {
    let time = SystemTime()
    let end = time.instant + Self.patience
    while try !isReached() {
      guard time.instant < end else { return false }
      waker.wait(for: Self.interval)
    }
    return true
  }

  /// Returns true if the request is neither in `incoming/` nor among those taken. It moves from the one
  /// to the other and from there away, so they are looked at in this order.
  private func isAnswered(_ name: String) throws -> Bool {
    if spool.isDropped(name) { return false }
    return try !spool.takenRequests().contains { $0.name == name }
  }
}
