/// The directories below which tasks may have their outputs written; none given: anywhere. Paths
/// are compared by their spelling, component by component: `/data/a` does not contain `/data/ab`.
public struct DataRoots: Equatable, Sendable {
  /// Absolute, without a slash at the end: empty for `/`.
  private let roots: [String]

  /// Makes the roots; relative ones are taken from `parent`.
  public init(_ roots: [String], in parent: String) {
    self.roots = roots.map { root in
      let whole = root.utf8.first == UInt8(ascii: "/") ? root : parent + "/" + root
      return whole.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
        .filter { $0 != "." }.reduce("") { $0 + "/" + $1 }
    }
  }

  /// True if there are no roots, and every path is allowed.
  public var isAnywhere: Bool { roots.isEmpty }

  /// The roots, for people.
  public var words: String { roots.map { $0.isEmpty ? "/" : $0 }.joined(separator: ", ") }

  /// Refuses a path, absolute and without `..`, that lies in none of the roots.
  public func check(path: String) throws(RequestError) {
    try check(path, of: path)
  }

  /// Refuses an output if it is not certain that the paths of all jobs lie in a root: the text
  /// before the first placeholder decides.
  public func check(_ template: Template) throws(RequestError) {
    guard case .text(let text)? = template.parts.first else {
      return try check("", of: template.text)
    }
    try check(text, of: template.text)
  }

  private func check(_ beginning: String, of path: String) throws(RequestError) {
    if isAnywhere || roots.contains(where: { beginning.utf8.starts(with: ($0 + "/").utf8) }) {
      return
    }
    throw RequestError(
      key: "outputs", "the output \(path) is in none of this spool's data roots: \(words)")
  }

  /// Returns true for a directory that is a root, or lies in one.
  public func contains(directory: String) -> Bool {
    isAnywhere || roots.contains { (directory + "/").utf8.starts(with: ($0 + "/").utf8) }
  }

  /// Returns the roots as `resolve` spells them, as with symbolic links followed.
  public func resolved(_ resolve: (String) -> String) -> DataRoots {
    DataRoots(roots.map { $0.isEmpty ? "/" : resolve($0) }, in: "/")
  }
}
