internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// The wait for tasks to end: names come in, and the common fate goes out, as a failure or none.
/// Meanwhile it shows the progress of each task on standard error.
struct TaskWait {
  let spool: Spool
  let events: any EventSource
  /// The longest time for each task; nil for ever.
  let timeOut: Duration?
  /// The time since which a refusal counts at once: one from before may be of an earlier request.
  private let since = SystemTime().timestamp

  /// A task to wait for.
  struct Target {
    var name: Name
    /// The name under which its request was dropped a moment ago; nil for a task of any request.
    var request: String?
  }

  /// The time between two looks if no event comes.
  static let interval = Duration.milliseconds(250)

  /// Waits until all tasks have ended. Returns their common fate: the worst one, nil if all are done.
  func run(_ targets: [Target]) throws -> Failure? {
    let waker = try Waker()
    for room in [Spool.Room.done, .failed, .running] {
      events.watch(spool.path(of: room)) { _ in waker.wake() }
    }
    var failures: [Failure] = []
    for target in targets {
      if let failure = try wait(target, waker) { failures.append(failure) }
    }
    guard
      let worst = failures.indices.min(by: { Self.rank(failures[$0]) < Self.rank(failures[$1]) })
    else { return nil }
    // The last word is the worst; the others are not kept back.
    for index in failures.indices where index != worst {
      Terminal.note("spool: \(failures[index].message)")
    }
    return failures[worst]
  }

  private static func rank(_ failure: Failure) -> Int {
    [.failed, .cancelled, .missing].firstIndex(of: failure.code) ?? 3
  }

  private func wait(_ target: Target, _ waker: Waker) throws -> Failure? {
    let name = target.name
    var answer = target.request.map { RequestAnswer(spool, $0) }
    var incarnation: String?
    let time = SystemTime()
    let begun = time.instant
    var progress = TaskProgress()
    var absence = TaskAbsence(isShared: spool.mount().isShared)
    var watch = WatcherNotice(spool, at: begun)
    while true {
      watch.look(at: time.instant)
      if let request = target.request, answer != nil {
        if let refused = (try? RefusedRequest.named(request, in: spool)) ?? nil {
          return Failure(.failed, "\(name) was refused: \(refused.reason)")
        }
        // Until the request is answered, a task of that name is another's.
        if (try? answer?.isTaken()) == true, answer?.isVisible == true { answer = nil }
      }
      let found =
        answer == nil || answer?.isVisible == false ? TaskLookup(spool).find(name) : .pending(nil)
      switch found {
      case .page(let page):
        if incarnation != nil, page.incarnation != incarnation {
          return Failure(.missing, "\(name) is gone: another task has its name now")
        }
        incarnation = page.incarnation
        if page.state.hasEnded {
          progress.finish(page)
          return Self.fate(page)
        }
        progress.show(page, at: time.instant)
        absence.noteSeen()
      case .pending: absence.noteSeen()
      case .refused, .unknown:
        let isLong = absence.isLong(at: time.instant, isUnreachable: spool.isUnreachable)
        if let failure = verdict(name, found, isLong: isLong) { return failure }
      }
      if let timeOut, time.instant - begun >= timeOut {
        throw Failure(.timeOut, "\(name) has not ended within \(Units.text(timeOut))")
      }
      waker.wait(for: Self.interval)
    }
  }

  /// Returns the failure of a task without a page; nil if its page may yet come. A refusal from before
  /// may be of another request of that name.
  private func verdict(
    _ name: Name, _ answer: TaskLookup.Answer, isLong: Bool
  ) -> Failure? {
    guard case .refused(let request) = answer else {
      return isLong ? TaskArgument.missing(name, in: spool) : nil
    }
    guard isLong || request.at >= since else { return nil }
    return Failure(.failed, "\(name) was refused: \(request.reason)")
  }

  private static func fate(_ page: TaskPage) -> Failure? {
    let name = page.name
    switch page.state {
    case .done: return nil
    case .cancelled: return Failure(.cancelled, "\(name) was cancelled\(page.reasonText)")
    default:
      return Failure(
        .failed, "\(name) failed\(page.reasonText); `spool jobs \(name) --failed` tells why")
    }
  }
}
