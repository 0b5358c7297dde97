internal import Glibc

/// The users of this host.
enum UserNames {
  /// Returns the uid of a user by name; nil if there is none, or if that cannot be known now.
  static func uid(_ name: String) -> Int? {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16 << 10)
    let code = getpwnam_r(name, &entry, &buffer, buffer.count, &found)
    return code == 0 && found != nil ? Int(entry.pw_uid) : nil
  }
}
