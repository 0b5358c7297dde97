internal import SpoolClient
internal import SpoolModel
internal import SpoolPilot
internal import SpoolStore

extension WatcherLease {
  /// Makes a lease of this process, which has acquired nothing yet.
  static func own(_ spool: Spool, _ time: SystemTime) -> WatcherLease {
    let record = WatcherRecord(
      epoch: 0, id: ProcessIdentity.randomID(), host: HostResources.currentHostName(),
      version: SpoolCommand.version, process: ProcessIdentity.current().json, at: time.timestamp)
    return WatcherLease(spool, record, time: time, isGone: ProcessIdentity.isGone)
  }

  /// Takes the watcher's place in a spool, for a verb that changes what only a watcher may. Fails if
  /// another watcher is there.
  static func acquired(_ spool: Spool) throws -> WatcherLease {
    let time = SystemTime()
    let lease = own(spool, time)
    let waker = try Waker()
    let start = time.instant
    while true {
      if case .acquired = try lease.step() { return lease }
      guard time.instant - start < spool.config.deadAfter * 4 else {
        throw Failure(.unavailable, "another watcher stands by or is at work: stop it first")
      }
      waker.wait(for: lease.interval)
    }
  }
}
