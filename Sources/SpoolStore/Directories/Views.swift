public import SpoolModel

/// Views of the journal to read: catalogues of datasets, ledgers of tasks; and the pages that are
/// rewritten as things change.
extension Spool {
  /// Writes bytes at an offset that the journal's order fixes: done again, it writes the same.
  public func write(_ bytes: [UInt8], toView path: String, at offset: Int) throws(FileError) {
    let file = try files.open(path, .create)
    do throws(FileError) {
      try file.write(bytes, at: offset)
    } catch {
      try? file.close()
      throw error
    }
    try file.close()
  }

  /// Cuts a view to its length and makes it durable. A view shorter than that has lost its tail.
  public func settleView(_ path: String, length: Int) throws(FileError) {
    let file = try files.open(path, .create)
    defer { try? file.close() }
    if try file.attributes().size > length { try file.truncate(to: length) }
    try file.sync()
  }

  /// Makes what was written to a view durable.
  public func syncView(_ path: String) throws(FileError) {
    let file = try files.open(path, .update)
    defer { try? file.close() }
    try file.sync()
  }

  /// The first line of a view.
  public static func viewHeader(_ kind: String, _ name: Name) -> [UInt8] {
    let json: JSON = ["format": 1, "kind": .string(kind), "name": .string(name.text)]
    return json.compact + [10]
  }

  /// A page for people, rewritten whole.
  public func writePage(_ path: String, _ text: [UInt8]) throws(FileError) {
    try files.replace(path, text)
  }
}
