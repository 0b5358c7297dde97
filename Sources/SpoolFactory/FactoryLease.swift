internal import SpoolModel
internal import SpoolStore

/// The right to be the one factory of a name: an exclusive lock, and the factory's record. As with the
/// watcher (R7), the lock is not the last word, because some filesystems grant it twice: a record that
/// moves is of a factory that lives.
final class FactoryLease {
  /// The outcome of a step.
  enum Step: Equatable {
    /// The factory may act.
    case mine
    /// Another one lives.
    case standby(FactoryRecord?)
    /// Another one may live: it must stand still first.
    case waiting(FactoryRecord)
  }

  private let spool: Spool
  private let name: Name
  private let id: String
  private let patience: Duration
  private let time: any TimeSource
  private let isGone: (JSON) -> Bool?
  private var lock: (any OpenFile)?
  private var isMine = false
  private var former: (record: FactoryRecord, since: Instant)?

  init(
    _ spool: Spool, _ record: FactoryRecord, patience: Duration, time: any TimeSource,
    isGone: @escaping (JSON) -> Bool?
  ) {
    self.spool = spool
    name = record.factory
    id = record.id
    self.patience = patience
    self.time = time
    self.isGone = isGone
  }

  /// Looks whether the factory may act.
  func step() throws(FileError) -> Step {
    let there = spool.factory(name).flatMap { $0.id == id ? nil : $0 }
    if isMine {
      // Whoever wrote its record over ours has taken our place.
      guard let there else { return .mine }
      release()
      return .standby(there)
    }
    guard try takeLock() else { return .standby(there) }
    guard let there, !isOver(there) else { return take() }
    if let former, former.record.id == there.id, former.record.counter == there.counter {
      if time.instant - former.since >= patience { return take() }
      return .waiting(there)
    }
    let hasMoved = former?.record.id == there.id
    former = (there, time.instant)
    return hasMoved ? .standby(there) : .waiting(there)
  }

  private func isOver(_ record: FactoryRecord) -> Bool {
    record.state == .ended || record.state == .stopped || isGone(record.process) == true
  }

  private func take() -> Step {
    isMine = true
    former = nil
    return .mine
  }

  private func takeLock() throws(FileError) -> Bool {
    if lock != nil { return true }
    let file = try spool.openFactoryLock(name)
    guard try file.tryLock() else {
      try? file.close()
      return false
    }
    lock = file
    return true
  }

  /// Gives the right up.
  func release() {
    isMine = false
    former = nil
    try? lock?.close()
    lock = nil
  }
}
