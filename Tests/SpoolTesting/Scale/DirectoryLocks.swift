internal import Synchronization

/// The locks that a host's kernel holds while it changes directories of a mount: changes in one
/// directory go to the server one after the other, and so do renames between directories.
final class DirectoryLocks: Sendable {
  private let interleaving: Interleaving
  /// Those who wait for each lock that is held.
  private let held = Mutex<[String: [Interleaving.Player]]>([:])

  init(_ interleaving: Interleaving) { self.interleaving = interleaving }

  /// Takes locks, in this order.
  func take(_ names: [String]) {
    for name in names {
      let me = interleaving.current
      let isFree = held.withLock { held in
        guard held[name] != nil else {
          held[name] = []
          return true
        }
        held[name]?.append(me)
        return false
      }
      // Who gives it away hands it over.
      if !isFree { interleaving.park() }
    }
  }

  func give(_ names: [String]) {
    for name in names {
      let next = held.withLock { held -> Interleaving.Player? in
        guard held[name]?.isEmpty == false else {
          held[name] = nil
          return nil
        }
        return held[name]?.removeFirst()
      }
      if let next { interleaving.wake(next) }
    }
  }

  /// Returns the locks of a change of entries at these paths.
  static func names(_ path: String, _ destination: String?) -> [String] {
    let one = directory(of: path)
    guard let other = destination.map(directory), other != one else { return [one] }
    return [""] + [one, other].sorted()
  }

  private static func directory(of path: String) -> String {
    path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[..<$0]) } ?? path
  }
}
