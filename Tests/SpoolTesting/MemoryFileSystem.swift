internal import Glibc
public import SpoolStore
internal import Synchronization

/// A filesystem in memory that answers as Linux does, and whose calls can be counted and spoilt.
///
/// Everything the protocol's rules rest on is there: atomic renames, inodes that outlive their names
/// while they are open (R2), exclusive creation, locks that go with the open file, an `errno` for
/// every failure. Listings come in the order in which the entries were made, so a run can be played
/// again. A planted link leads nowhere. Only the root is there at first.
public final class MemoryFileSystem: FileSystem, Sendable {
  /// What tests plug in.
  struct Hooks: Sendable {
    var onCall: (@Sendable (FileCall) -> FileFault?)?
    var afterCall: (@Sendable (FileCall) -> Int32?)?
    var onListing: (@Sendable (String, Listing) -> Listing)?
    var refusals: [String: Int32] = [:]
    var onWait: (@Sendable () -> Void)?
    var counts = CallCounts()
    var calls = 0

    func refusal(of path: String) -> Int32? {
      refusals.first { path == $0.key || path.hasPrefix($0.key + "/") }?.value
    }
  }

  /// What a filesystem may lack (NFS and GlusterFS the first, object stores both).
  public enum Feature: Sendable {
    case exclusiveRename, hardLinks
  }

  /// Lets every call on a path, and on all below it, fail with an `errno`, until it is told 0: a mount
  /// that is away (`ENOENT`), a server that is down (`ENOTCONN`), a file on a bad disk (`EIO`). What
  /// fails with `ENOENT` is not listed either, as on a brick that is away.
  public func refuse(_ path: String, with code: Int32) {
    hooks.withLock { $0.refusals[path] = code == 0 ? nil : code }
  }

  /// The `errno` with which calls on a path fail by ``refuse(_:with:)``; nil: none.
  public func refusal(of path: String) -> Int32? { hooks.withLock { $0.refusal(of: path) } }

  var refusesSome: Bool { hooks.withLock { !$0.refusals.isEmpty } }

  let tree: Mutex<MemoryTree>
  let lacks = Mutex<Set<Feature>>([])
  /// The names that hosts have cached as missing: none unless a test asks for it.
  public let missing = MissingNames()
  let hooks = Mutex(Hooks())

  public init() { tree = Mutex(MemoryTree()) }

  /// Makes a filesystem that holds what another holds now. Nothing is open in it, no call is spoilt,
  /// and it lacks no feature.
  public init(copying other: MemoryFileSystem) {
    tree = Mutex(other.tree.withLock { MemoryTree(copying: $0) })
  }

  /// Takes features away.
  public func remove(_ features: Set<Feature>) { lacks.withLock { $0.formUnion(features) } }

  /// Asked before each call, without a lock: it may look at the filesystem, or change it, which is
  /// how another party gets in between.
  public var onCall: (@Sendable (FileCall) -> FileFault?)? {
    get { hooks.withLock { $0.onCall } }
    set { hooks.withLock { $0.onCall = newValue } }
  }

  /// Asked after each call that went well, without a lock. An `errno` from it is reported although
  /// the call was done: a lost reply (R1). A file opened so is closed again.
  public var afterCall: (@Sendable (FileCall) -> Int32?)? {
    get { hooks.withLock { $0.afterCall } }
    set { hooks.withLock { $0.afterCall = newValue } }
  }

  /// Called as each call begins, without a lock: it lets the time pass that the call takes.
  public var onWait: (@Sendable () -> Void)? {
    get { hooks.withLock { $0.onWait } }
    set { hooks.withLock { $0.onWait = newValue } }
  }

  /// Given each listing to bend: entries left out, repeated or stale, as `readdir` may (R8, R9).
  public var onListing: (@Sendable (String, Listing) -> Listing)? {
    get { hooks.withLock { $0.onListing } }
    set { hooks.withLock { $0.onListing = newValue } }
  }

  /// How many calls have been made, failed ones included; `counts - before` is what a step cost.
  public var counts: CallCounts { hooks.withLock { $0.counts } }

  public func resetCounts() {
    hooks.withLock { $0.counts = CallCounts() }
  }

  /// Makes a call: counts it, asks the hooks, does it, asks again. `torn` does a part of it.
  func perform<Result: Sendable>(
    _ operation: FileOperation, _ path: String, to destination: String? = nil,
    torn: (@Sendable (inout MemoryTree, Int) throws(MemoryFailure) -> Void)? = nil,
    _ body: @Sendable (inout MemoryTree) throws(MemoryFailure) -> Result
  ) throws(FileError) -> Result {
    var call = FileCall(operation, path, to: destination)
    let hooks = self.hooks.withLock { hooks in
      hooks.counts[operation] += 1
      hooks.calls += 1
      return hooks
    }
    call.number = hooks.calls
    hooks.onWait?()
    for path in [path, destination].compactMap({ $0 }) {
      if let code = hooks.refusal(of: path) { throw call.error(code) }
    }
    switch hooks.onCall?(call) {
    case nil: break
    case .fails(let code): throw call.error(code)
    case .torn(let count, let code):
      if let torn { try change(call) { tree throws(MemoryFailure) in try torn(&tree, count) } }
      throw call.error(code)
    }
    if let code = awayCode(call) { throw call.error(code) }
    if missing.hides(call) { throw call.error(ENOENT) }
    let result: Result
    do throws(FileError) {
      result = try change(call, body)
    } catch {
      missing.note(call, error)
      throw error
    }
    if let code = hooks.afterCall?(call) { throw call.error(code) }
    return result
  }

  /// The `errno` of a call on a name that lies on a brick that is away: it is missing, and cannot be
  /// made.
  private func awayCode(_ call: FileCall) -> Int32? {
    guard missing.hasLost, call.operation.isOnName else { return nil }
    let paths = [call.path, call.destination].compactMap { $0 }
    guard let away = paths.first(where: { isAway($0) }) else { return nil }
    return away == call.destination || call.operation == .create ? ENOTCONN : ENOENT
  }

  /// Whether a file lies on a brick that is away from the caller.
  func isAway(_ path: String) -> Bool {
    missing.hasLost && attributesBehind(path)?.kind != .directory && missing.isAway(path)
  }

  private func change<Result: Sendable>(
    _ call: FileCall, _ body: @Sendable (inout MemoryTree) throws(MemoryFailure) -> Result
  ) throws(FileError) -> Result {
    do throws(MemoryFailure) {
      return try tree.withLock { (tree) throws(MemoryFailure) in try body(&tree) }
    } catch {
      throw call.error(error.code)
    }
  }
}
