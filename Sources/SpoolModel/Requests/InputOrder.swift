/// The order in which a job over everything gets its inputs. It does not depend on which job ended
/// first, so two equal campaigns give equal files.
public enum InputOrder: String, Sendable {
  /// Files that no job made, as they joined; then by the task that made them, and by what they were
  /// made from (``CatalogueLine/root``).
  case index
  /// By the bytes of the path.
  case path

  /// Returns the key by which a file is sorted. `number` is its place among all files that are sorted,
  /// from 0: no two files have one key, and the files of one job stay as they joined.
  public func key(of line: CatalogueLine, number: Int) -> [UInt8] {
    if self == .path { return Array(line.file.path.utf8) }
    guard let job = line.job else { return Array("0".utf8) + Self.place(number) }
    // An earlier version wrote no root.
    guard let root = line.root else { return Array("1\(job).".utf8) + Self.place(number) }
    return Array("1\(job.task).".utf8) + Self.place(root) + Array(line.file.path.utf8)
      + Self.place(number)
  }

  /// Returns a key by which files stay in the order of their numbers.
  public static func place(_ number: Int) -> [UInt8] {
    let digits = String(number)
    return Array((String(repeating: "0", count: max(0, 19 - digits.utf8.count)) + digits).utf8)
  }
}
