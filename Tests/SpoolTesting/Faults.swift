public import SpoolStore
internal import Synchronization

/// Who makes a call on a ``World``'s filesystem.
public enum Party: Sendable, Hashable {
  case watcher
  case pilot(Int)
  /// A watcher that is none any more.
  case zombie
  /// A test, or a check.
  case nobody
}

/// Spoils the calls of one party: its deaths, its errors, its lost replies.
///
/// A death at a call is played so: that call and all that follow fail and do nothing, until the
/// world drops the party. So whoever catches the error changes nothing more.
public final class Faults: Sendable {
  private struct Crash {
    var party: Party
    /// How many calls of its kind are left.
    var left: Int
    var torn: Int
    var isMeant: @Sendable (FileCall) -> Bool
  }

  private struct State {
    var party = Party.nobody
    var calls: [Party: Int] = [:]
    var crash: Crash?
    var hasCrashed = false
    var rule: (@Sendable (Party, FileCall, Int) -> FileFault?)?
    var reply: (@Sendable (Party, FileCall, Int) -> Int32?)?
    var bend: (@Sendable (Party, String, Listing) -> Listing)?
    var counts: [Party: CallCounts] = [:]
    var onCall: (@Sendable (Party, FileCall) -> Void)?
  }

  private let state = Mutex(State())

  init(_ files: MemoryFileSystem) {
    files.onCall = { [self] in before($0) }
    files.afterCall = { [self] in after($0) }
    files.onListing = { [self] directory, listing in
      let (party, bend) = state.withLock { ($0.party, $0.bend) }
      return bend?(party, directory, listing) ?? listing
    }
  }

  /// Says whose calls follow.
  func enter(_ party: Party) { state.withLock { $0.party = party } }
  func leave() { state.withLock { $0.party = .nobody } }

  /// Whose calls are made now.
  var party: Party { state.withLock { $0.party } }

  /// How many calls a party has made.
  public func calls(_ party: Party) -> Int { state.withLock { $0.calls[party] ?? 0 } }

  /// The calls that a party has made, by operation.
  public func counts(_ party: Party) -> CallCounts {
    state.withLock { $0.counts[party] ?? CallCounts() }
  }

  /// Kills a party at its n-th call, of those that are meant; a write or creation leaves `torn`
  /// bytes of it behind.
  public func crash(
    _ party: Party, at call: Int, torn: Int = 0,
    of isMeant: @escaping @Sendable (FileCall) -> Bool = { _ in true }
  ) {
    state.withLock { $0.crash = Crash(party: party, left: call, torn: torn, isMeant: isMeant) }
  }

  /// Kills whoever makes the current call, from the next one on.
  public func crashNow() {
    state.withLock {
      guard $0.crash == nil else { return }
      $0.crash = Crash(party: $0.party, left: 0, torn: 0, isMeant: { _ in true })
      $0.hasCrashed = true
    }
  }

  /// Whether the death that was asked for has come to this party.
  func isDead(_ party: Party) -> Bool {
    state.withLock { $0.hasCrashed && $0.crash?.party == party }
  }

  /// Whether a death was asked for that has not come yet.
  public var isCrashPending: Bool { state.withLock { $0.crash != nil && !$0.hasCrashed } }

  /// The dead are dropped: whoever comes next lives.
  func bury() {
    state.withLock {
      $0.crash = nil
      $0.hasCrashed = false
    }
  }

  /// Asked before each call: whose, which, and its number among that party's.
  public func before(_ rule: (@Sendable (Party, FileCall, Int) -> FileFault?)?) {
    state.withLock { $0.rule = rule }
  }

  /// Asked after each call that was done: an `errno` from it is reported all the same.
  public func after(_ reply: (@Sendable (Party, FileCall, Int) -> Int32?)?) {
    state.withLock { $0.reply = reply }
  }

  /// Bends listings.
  public func bend(_ bend: (@Sendable (Party, String, Listing) -> Listing)?) {
    state.withLock { $0.bend = bend }
  }

  /// Told of each call before it is made: how another gets in between.
  public func watch(_ body: (@Sendable (Party, FileCall) -> Void)?) {
    state.withLock { $0.onCall = body }
  }

  /// All as it should be from now on.
  public func clear() {
    before(nil)
    after(nil)
    bend(nil)
    watch(nil)
  }

  private func before(_ call: FileCall) -> FileFault? {
    let (party, number, fault, rule, watch) = state.withLock { state in
      state.calls[state.party, default: 0] += 1
      state.counts[state.party, default: CallCounts()][call.operation] += 1
      let number = state.calls[state.party] ?? 0
      return (state.party, number, Self.death(&state, call), state.rule, state.onCall)
    }
    if let fault { return fault }
    watch?(party, call)
    return rule?(party, call, number)
  }

  private static func death(_ state: inout State, _ call: FileCall) -> FileFault? {
    guard let crash = state.crash, crash.party == state.party else { return nil }
    if state.hasCrashed { return .fails(5) }
    guard crash.isMeant(call) else { return nil }
    state.crash?.left -= 1
    guard crash.left <= 1 else { return nil }
    state.hasCrashed = true
    return crash.torn == 0 ? .fails(5) : .torn(after: crash.torn, 5)
  }

  private func after(_ call: FileCall) -> Int32? {
    let (party, number, reply) = state.withLock {
      ($0.party, $0.calls[$0.party] ?? 0, $0.reply)
    }
    return reply?(party, call, number)
  }
}
