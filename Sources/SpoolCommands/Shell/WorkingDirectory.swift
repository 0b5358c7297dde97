internal import Glibc

/// The directory in which this process was started.
enum WorkingDirectory {
  /// The path; `/` if it cannot be known.
  static var current: String {
    guard let text = getcwd(nil, 0) else { return "/" }
    defer { free(text) }
    return String(cString: text)
  }

  /// Returns a path, absolute and without `.` and `..`, by its spelling.
  static func absolute(_ path: String) -> String {
    var parts: [Substring] = []
    let whole = path.hasPrefix("/") ? path : current + "/" + path
    for part in whole.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }
}
