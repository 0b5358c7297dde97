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

  /// The home directory of the user of this process; nil if the system knows none.
  static var home: String? {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16 << 10)
    let code = getpwuid_r(getuid(), &entry, &buffer, buffer.count, &found)
    guard code == 0, found != nil, let home = entry.pw_dir else { return nil }
    return String(cString: home)
  }
}
