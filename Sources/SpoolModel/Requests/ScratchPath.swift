/// The rules for paths below a job's scratch directory, as `from` of an output names them.
public enum ScratchPath {
  /// Returns what is wrong with a path; nil for one that stays below the scratch.
  public static func problem(_ path: String) -> String? {
    guard !path.isEmpty else { return "expected a path in the scratch directory, found \"\"" }
    guard path.utf8.count <= 1000 else { return "a path of over 1000 bytes" }
    guard !path.utf8.contains(where: { $0 < 32 || $0 == 127 }) else {
      return "a path may hold no control characters"
    }
    guard path.utf8.first != slash else {
      return "expected a path in the scratch directory, without a slash in front, found \"\(path)\""
    }
    for part in components(path) {
      switch part {
      case "..": return "\"..\" in \"\(path)\": the pilot takes nothing from outside of the scratch"
      case "", ".": return "\"\(path)\" has an empty or \".\" component: write the path without it"
      default: continue
      }
    }
    return nil
  }

  /// Returns the components of a path.
  public static func components(_ path: String) -> [Substring] {
    path.utf8.split(separator: slash, omittingEmptySubsequences: false).map { Substring($0) }
  }

  private static let slash = UInt8(ascii: "/")
}
