internal import Glibc
internal import SpoolClient

/// The directory in which this process was started, and paths as seen from there. What the user types
/// means what it means to the system: `..` leads out of where a link leads to.
enum WorkingDirectory {
  /// The path as the user's shell shows it, links included (`$PWD`); the system's where that is not
  /// this directory's. `/` if it cannot be known.
  static var current: String {
    if let shown = Environment.value("PWD"), isPlain(shown), isHere(shown) { return shown }
    guard let text = getcwd(nil, 0) else { return "/" }
    defer { free(text) }
    return String(cString: text)
  }

  /// Returns a path, absolute and without `.` and `..`.
  static func absolute(_ path: String) -> String {
    let (base, rest) = split(path)
    let whole = base + rest
    return whole.isEmpty ? "/" : whole
  }

  /// Returns an absolute path in two pieces: the directory that the system finds, and what follows in
  /// it as it was written, without `.` and `..`. Either may be empty.
  static func split(_ path: String) -> (base: String, rest: String) {
    let parts = path.split(separator: "/").filter { $0 != "." }
    let isAbsolute = path.hasPrefix("/")
    guard let last = parts.lastIndex(of: "..") else {
      return (isAbsolute ? "" : trimmed(current), joined(parts))
    }
    let way = parts[...last].joined(separator: "/")
    if let found = realpath(isAbsolute ? "/" + way : way, nil) {
      defer { free(found) }
      return (trimmed(String(cString: found)), joined(parts[(last + 1)...]))
    }
    // Where nothing is, no link can be.
    var spelled = isAbsolute ? [] : current.split(separator: "/")
    for part in parts {
      if part == ".." { _ = spelled.popLast() } else { spelled.append(part) }
    }
    return ("", joined(spelled))
  }

  private static func joined(_ parts: some Sequence<Substring>) -> String {
    parts.reduce("") { $0 + "/" + $1 }
  }

  private static func trimmed(_ path: String) -> String { path == "/" ? "" : path }

  private static func isPlain(_ path: String) -> Bool {
    path.hasPrefix("/") && !path.split(separator: "/").contains { $0 == "." || $0 == ".." }
  }

  private static func isHere(_ path: String) -> Bool {
    var shown = stat()
    var here = stat()
    return stat(path, &shown) == 0 && stat(".", &here) == 0 && shown.st_dev == here.st_dev
      && shown.st_ino == here.st_ino
  }
}
