public import SpoolModel
public import SpoolStore

/// The way of a request to the watcher: drops it, and waits for the answer.
public struct RequestDelivery {
  let spool: Spool
  private let waker: Waker

  /// The longest wait for an answer.
  public static let patience = Duration.seconds(15)
  /// The time between two looks if no event comes.
  public static let interval = Duration.milliseconds(100)

  /// `rooms` are those in which something changes when the watcher answers.
  public init(_ spool: Spool, rooms: [Spool.Room]) throws {
    self.spool = spool
    waker = try Waker()
    let events = EventSources.make(poll: false)
    for room in rooms { events.watch(spool.path(of: room)) { [waker] _ in waker.wake() } }
  }

  /// Drops a request, and waits until the watcher has accepted it and `isDone` holds, which says that
  /// its effect is seen. Fails if no watcher is alive, if none has answered in time, and if the watcher
  /// refuses it. `words` say what is ordered, as `close run42.raw`.
  public func deliver(
    _ submission: Submission, _ words: String, effect: Duration = effectPatience,
    isDone: () -> Bool
  ) throws {
    let name: String
    do throws(FileError) {
      name = try submission.drop(into: spool)
    } catch {
      throw Failure(.unavailable, "\(error)")
    }
    guard WatcherProbe(spool).warning() == nil else {
      throw Failure(
        .unavailable, "\(words): not done yet; it lies in incoming/ until a watcher comes")
    }
    let answer = RequestAnswer(spool, name)
    var refused: RefusedRequest?
    let isAnswered = try wait {
      refused = try RefusedRequest.named(name, in: spool)
      return try refused != nil || answer.isTaken() && (answer.isVisible || isDone())
    }
    // An effect may have been there before; a refusal comes in the turn that took the request.
    if !answer.isVisible, refused == nil {
      _ = try wait(for: .seconds(1)) { try RefusedRequest.named(name, in: spool) != nil }
    }
    // The reason is written before the request leaves the place where it was taken to.
    if let refused = try refused ?? RefusedRequest.named(name, in: spool) {
      throw Failure(.failed, refused.reason)
    }
    guard isAnswered else {
      throw Failure(
        .unavailable, "\(words): the watcher has not answered within \(Units.text(Self.patience))")
    }
    _ = try wait(for: effect) { isDone() }
  }

  /// Drops an order about a task, and waits for its effect, `patience` long at most. Returns what it did, in
  /// words. Fails as ``deliver(_:_:effect:isDone:)`` does.
  public func give(_ order: ControlRequest, patience: Duration) throws -> String {
    let lookup = TaskLookup(spool)
    try deliver(Submission(order), "\(order.kind) \(order.task)", effect: patience) {
      lookup.page(of: order.task).map { order.isDone($0) } ?? (order.action == .forget)
    }
    return order.words(lookup.page(of: order.task))
  }

  /// The longest wait for a page that shows what an order did: pages are written once a second.
  public static let effectPatience = Duration.seconds(3)

  /// Waits until a condition holds. Returns false if it does not hold in time.
  public func wait(
    for patience: Duration = patience, _ isReached: () throws -> Bool
  ) throws -> Bool {
    let time = SystemTime()
    let end = time.instant + patience
    while try !isReached() {
      guard time.instant < end else { return false }
      waker.wait(for: Self.interval)
    }
    return true
  }
}
