internal import SpoolStore
internal import Synchronization

/// The names that a host's NFS client has looked for and not found.
///
/// For as long as it keeps attributes (`acdirmin`, 30 s) the client says `ENOENT` of such a name by
/// itself, whoever has made a file of that name meanwhile. Calls that make a name, or open a file,
/// go to the server, and so does a look at the directory.
public final class MissingNames: Sendable {
  private struct State {
    /// Milliseconds; 0: nothing is cached.
    var time = 0
    var now: @Sendable () -> Int = { 0 }
    var host: @Sendable () -> String = { "" }
    /// By host and path: until when.
    var names: [String: [String: Int]] = [:]
    /// What lies on a brick that is away, by host and path; nil: nothing.
    var isAway: (@Sendable (String, String) -> Bool)?
  }

  private let state = Mutex(State())

  /// Caches from now on, for so many milliseconds of a clock, for the host that calls.
  public func cache(
    for milliseconds: Int, now: @escaping @Sendable () -> Int,
    host: @escaping @Sendable () -> String
  ) {
    state.withLock { state in
      state.time = milliseconds
      state.now = now
      state.host = host
    }
  }

  /// Lets names be away from now on, as on a brick of GlusterFS that a host cannot reach: they are
  /// not found, not listed and not made, until it is told nil. Directories lie on every brick.
  public func lose(_ isAway: (@Sendable (_ host: String, _ path: String) -> Bool)?) {
    state.withLock { $0.isAway = isAway }
  }

  /// Who the callers are, by name.
  func name(hosts host: @escaping @Sendable () -> String) { state.withLock { $0.host = host } }

  /// Whether a name lies on a brick that is away from the host that calls.
  func isAway(_ path: String) -> Bool {
    state.withLock { state in state.isAway?(state.host(), path) ?? false }
  }

  /// Whether any name is away.
  var hasLost: Bool { state.withLock { $0.isAway != nil } }

  /// Whether the host that calls believes that the name is missing.
  func hides(_ call: FileCall) -> Bool {
    state.withLock { state in
      guard state.time > 0 else { return false }
      let host = state.host()
      if call.operation.makesName { state.names[host]?[call.destination ?? call.path] = nil }
      guard call.operation.looksUp, let until = state.names[host]?[call.path] else { return false }
      return state.now() < until
    }
  }

  func note(_ call: FileCall, _ error: FileError) {
    state.withLock { state in
      guard state.time > 0, call.operation.looksUp, call.destination == nil, error.isMissing else {
        return
      }
      state.names[state.host(), default: [:]][call.path] = state.now() + state.time
    }
  }

  /// The host that calls has asked about a directory.
  func forget(in directory: String) {
    state.withLock { state in
      guard state.time > 0 else { return }
      let prefix = directory + "/"
      let host = state.host()
      state.names[host] = state.names[host]?.filter { name, _ in
        !name.hasPrefix(prefix) || name.dropFirst(prefix.count).contains("/")
      }
    }
  }
}

extension FileOperation {
  /// Whether its (first) path must be there, so that a client may answer by itself.
  fileprivate var looksUp: Bool {
    switch self {
    case .attributes, .read, .askWriters, .rename, .renameExclusively, .link, .remove: true
    default: false
    }
  }

  /// Whether it makes the name that it is given last.
  fileprivate var makesName: Bool {
    switch self {
    case .create, .open, .rename, .renameExclusively, .link, .createDirectory: true
    default: false
    }
  }
}
