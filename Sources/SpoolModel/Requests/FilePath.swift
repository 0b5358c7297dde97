/// The rules for paths that people write into requests. Paths are bytes to the system, and so they
/// are here: a slash before an accent is one character to Swift, and a slash all the same.
public enum FilePath {
  /// Returns the path, absolute: as written, or relative to `root`; without `.` and empty
  /// components, so that one file has one spelling. Refuses a path that is empty, over 4,000 bytes,
  /// has a `..` component or a reserved `scheme:`, or is a directory's (`…/`).
  public static func absolute(_ path: String, in root: String) throws(RequestError) -> String {
    guard !path.isEmpty else { throw RequestError("a path may not be empty") }
    guard path.utf8.count <= 4000 else { throw RequestError("a path of over 4000 bytes") }
    guard !path.utf8.contains(where: { $0 == 0 || $0 == 10 }) else {
      throw RequestError("a path may hold neither NUL nor a line's end")
    }
    if let scheme = scheme(of: path) {
      throw RequestError("\"\(scheme):\" is reserved: only paths of this filesystem so far")
    }
    let parts = path.utf8.split(separator: slash, omittingEmptySubsequences: false)
      .map { Substring($0) }
    if parts.contains("..") {
      throw RequestError("\"..\" in \"\(path)\": write the path without it")
    }
    guard let last = parts.last, !last.isEmpty, last != "." else {
      throw RequestError("\"\(path)\" names a directory")
    }
    let plain = parts.filter { !$0.isEmpty && $0 != "." }.joined(separator: "/")
    return (path.utf8.first == slash || root == "/" ? "" : root) + "/" + plain
  }

  private static let slash = UInt8(ascii: "/")

  private static func scheme(of path: String) -> Substring? {
    guard let colon = path.firstIndex(of: ":") else { return nil }
    let word = path[..<colon]
    guard let first = word.first, first.isASCII, first.isLetter,
      word.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) })
    else { return nil }
    return word
  }

  /// Returns the part after the last slash.
  public static func base(_ path: String) -> Substring {
    path.utf8.lastIndex(of: slash).map { path[path.utf8.index(after: $0)...] } ?? path[...]
  }

  /// Returns the part before the last slash; `.` if there is none.
  public static func directory(_ path: String) -> String {
    guard let end = path.utf8.lastIndex(of: slash) else { return "." }
    return end == path.startIndex ? "/" : String(path[..<end])
  }

  /// Returns the base name without its last extension: `f17` of `/d/f17.raw`.
  public static func stem(_ path: String) -> String {
    let base = base(path)
    guard let dot = base.utf8.lastIndex(of: UInt8(ascii: ".")), dot != base.startIndex else {
      return String(base)
    }
    return String(base[..<dot])
  }

  /// Returns the base name without any extension: `f17` of `/d/f17.reco.root`.
  public static func plainName(_ path: String) -> String {
    let base = base(path)
    guard let dot = base.utf8.dropFirst().firstIndex(of: UInt8(ascii: ".")) else {
      return String(base)
    }
    return String(base[..<dot])
  }

  /// Returns true if one of two paths lies in the other, which then is a directory.
  public static func isNested(_ path: String, _ other: String) -> Bool {
    path.hasPrefix(other + "/") || other.hasPrefix(path + "/")
  }

  /// Returns the last `count` components of a path, of which the first one of an absolute path is
  /// empty; nil if it has fewer.
  static func tail(_ path: String, components count: Int) -> Substring? {
    var left = count
    for index in path.utf8.indices.reversed() where path.utf8[index] == slash {
      left -= 1
      if left == 0 { return path[path.utf8.index(after: index)...] }
    }
    return left == 1 ? path[...] : nil
  }
}
