internal import SpoolClient
internal import SpoolModel
internal import SpoolPilot
internal import SpoolStore
internal import SpoolWatcher
internal import Synchronization

/// The watcher's thin shell: its thread, its events and its clock. A spool comes in; the watcher turns
/// until it is stopped, or idle, or meets an error that ends it.
final class WatchLoop: Sendable {
  private let spool: Spool
  private let events: any EventSource
  private let waker: Waker
  private let hints = Mutex(Hints())
  private let stopping = Mutex(false)
  /// True if the watcher is to look once more at everything before it stops.
  private let finishing = Mutex(false)
  /// The directories from which datasets are filled.
  private let buffers = Mutex<Set<String>>([])
  private let exitWhenIdle: Bool
  private let service: ServiceManager

  /// The shortest time between the beginnings of two turns: results that come together share a commit.
  static let pace = Duration.milliseconds(8)
  /// The retry delay after the filesystem refused something.
  static let retry = Duration.seconds(1)
  /// The longest time that the last look may take (R10).
  static let longestFinish = Duration.seconds(10)

  init(
    _ spool: Spool, events: any EventSource, exitWhenIdle: Bool,
    service: ServiceManager = ServiceManager([:])
  ) throws(FileError) {
    self.spool = spool
    self.events = events
    self.exitWhenIdle = exitWhenIdle
    self.service = service
    waker = try Waker()
  }

  func stop() {
    stopping.withLock { $0 = true }
    waker.wake()
  }

  /// Stops the watcher when it has taken in what is there now: the results of a pilot that has gone.
  func finish() {
    finishing.withLock { $0 = true }
    stop()
  }

  private var isStopping: Bool { stopping.withLock { $0 } }

  /// Runs until stopped, or idle if so asked; throws the error that ends a watcher. It calls
  /// `beforeEnd` when it takes nothing more on, and before it writes its last record.
  func run(beforeEnd: () -> Void = {}) throws {
    let time = SystemTime()
    let lease = WatcherLease.own(spool, time)
    let advice = spool.mount(probedBy: ProcessIdentity.randomID()).advice(spool.config)
    for line in advice { Terminal.say("watch", line) }
    let troubles = Troubles(time: time) { Terminal.say("watch", $0) }
    guard try acquire(lease, time, troubles) else { return lease.release() }
    let notices = try spool.config.onEnd.map { command in
      try NoticeRunner(
        command, spool: spool.layout.root, say: { Terminal.say("watch", $0) },
        told: { [self] notice in
          if notice.event != .pilotLost { hint { $0.told.insert(notice.subject) } }
        })
    }
    guard let watcher = try takeOver(lease, time, troubles, notices) else { return }
    watcher.mountAdvice = advice
    watchDirectories()
    Terminal.say("watch", "watching \(spool.layout.root), epoch \(lease.epoch)")
    try turn(watcher, time)
    service.stopping("leaving")
    if finishing.withLock({ $0 }) { try takeIn(watcher) }
    beforeEnd()
    if let notices, spool.config.isToldAtLeastOnce { try awaitTold(watcher, notices) }
    try watcher.stop()
    notices?.finish()
  }

  /// Waits for the lease. Returns false if stopped meanwhile.
  private func acquire(
    _ lease: WatcherLease, _ time: SystemTime, _ troubles: Troubles
  ) throws -> Bool {
    var told = ""
    while !isStopping {
      let message: String
      switch try step(lease, troubles) {
      case nil:
        message = told
        service.beat()
      case .acquired: return true
      case .standby(let other):
        let who = other.map { " on \($0.host)" } ?? ""
        message = "another watcher\(who) is at work; standing by"
      case .waiting(let former, let until):
        let wait = max(.zero, until - time.instant)
        let left = Units.text(wait.wholeSeconds)
        message =
          told.isEmpty
          ? "the watcher on \(former.host) did not end in good order; waiting \(left) for a sign of life"
          : told
      case .replacing(let former, _):
        let host = former.map { " on \($0.host)" } ?? ""
        message = "the watcher\(host) holds the lock and stands still; taking its place"
      }
      if message != told { Terminal.say("watch", message) }
      told = message
      if !told.isEmpty { service.ready(told) }
      waker.wait(for: min(lease.interval, service.interval))
    }
    return false
  }

  /// Goes a step towards the lease. Returns nil if the filesystem refuses it now: a standby must not end
  /// of an error that may pass.
  private func step(_ lease: WatcherLease, _ troubles: Troubles) throws -> WatcherLease.Step? {
    troubles.look()
    do throws(FileError) {
      return try lease.step()
    } catch {
      // A faster watcher may have cleared away what this one had written.
      let isRace = error.isMissing && spool.isThere
      guard error.mayPass || error.isOutage || isRace else { throw error }
      troubles.note(error)
      return nil
    }
  }

  /// Reads the journal and begins to work; again after an error that may pass. Returns nil if stopped
  /// meanwhile.
  private func takeOver(
    _ lease: WatcherLease, _ time: SystemTime, _ troubles: Troubles, _ notices: NoticeRunner?
  ) throws -> Watcher? {
    while !isStopping {
      do {
        try SpoolUpgrade(spool).run(lease) { Terminal.say("watch", $0) }
        try lease.guarding(spool).ensureDirectories()
        return try Watcher(
          spool, lease: lease,
          seams: Watcher.Seams(
            time: time, random: SystemRandomNumberGenerator(), isGone: ProcessIdentity.isGone,
            uid: UserNames.uid,
            say: { Terminal.say("watch", $0) }, notify: { notices?.tell($0) }),
          delivers: events.delivers)
      } catch {
        if let lost = lease.lost { throw lost }
        guard !Watcher.isFatal(error), let refused = FileError(from: error), refused.isOutage else {
          throw error
        }
        troubles.note(refused)
      }
      service.beat()
      waker.wait(for: Self.retry)
    }
    lease.release()
    return nil
  }

  private func watchDirectories() {
    events.watch(spool.path(of: .incoming)) { [self] event in
      hint { hints in
        hints.incoming = true
        if !event.name.isEmpty { hints.closed.insert(event.name) }
      }
    }
    for inbox in [Spool.Room.done, .failed] {
      events.watch(spool.path(of: inbox)) { [self] _ in hint { $0.inboxes = true } }
    }
  }

  /// Watches the directories from which datasets are filled, and no others any more.
  private func watchBuffers(_ wanted: Set<String>) {
    guard wanted != buffers.withLock({ $0 }) else { return }
    let known = buffers.withLock { buffers in
      defer { buffers = wanted }
      return buffers
    }
    for directory in known.subtracting(wanted) { events.forget(directory) }
    for directory in wanted.subtracting(known) {
      events.watchBuffer(directory) { [self] event in
        hint { $0.directories[directory, default: DirectoryHints()].note(event) }
      }
    }
  }

  private func hint(_ change: (inout Hints) -> Void) {
    hints.withLock { change(&$0) }
    waker.wake()
  }

  /// Turns until the site's command has been told, for a while: what it is told the watcher writes down.
  private func awaitTold(_ watcher: Watcher, _ notices: NoticeRunner) throws {
    let end = Waker.deadline(in: NoticeRunner.farewell)
    while !notices.isIdle, Waker.now() < end {
      service.beat()
      waker.wait(until: min(end, Waker.deadline(in: .milliseconds(100))))
      _ = try watcher.turn(takeHints())
    }
    _ = try watcher.turn(takeHints())
  }

  private func takeHints() -> Hints {
    hints.withLock { hints in
      defer { hints = Hints() }
      return hints
    }
  }

  /// Turns until there is nothing to do at once.
  private func takeIn(_ watcher: Watcher) throws {
    let end = Waker.deadline(in: Self.longestFinish)
    while try watcher.turn(.all) == .zero, Waker.now() < end { service.beat() }
  }

  private func turn(_ watcher: Watcher, _ time: SystemTime) throws {
    var heard = Hints.all
    var words = EventWords(events, by: "watch")
    while !isStopping {
      words.look()
      let begun = Waker.now()
      let wait = try watcher.turn(heard)
      if exitWhenIdle, watcher.isIdle { return }
      watchBuffers(watcher.watchedDirectories)
      service.ready(watcher.standing)
      // Results that come close together are taken together; the first of a quiet time at once.
      if wait > .zero {
        waker.wait(until: Waker.deadline(min(wait, service.interval), after: begun))
      }
      let soonest = Waker.deadline(Self.pace, after: begun)
      while Waker.now() < soonest, !isStopping { waker.wait(until: soonest) }
      heard = takeHints()
    }
  }
}
