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

  /// Writes bytes to a view at an offset that the journal's order fixes: done again, it writes the
  /// same.
  public func write(_ bytes: [UInt8], to view: View, at offset: Int) throws(FileError) {
    try write(bytes, toView: path(of: view), at: offset)
  }

  /// Cuts a view to its length and makes it durable. A view shorter than that has lost its tail.
  public func settle(_ view: View, length: Int) throws(FileError) {
    try settleView(path(of: view), length: length)
  }

  /// Makes what was written to a view durable.
  public func sync(_ view: View) throws(FileError) { try syncView(path(of: view)) }

  /// The first line of a view.
  public static func viewHeader(_ kind: String, _ name: Name) -> [UInt8] {
    let json: JSON = ["format": 1, "kind": .string(kind), "name": .string(name.text)]
    return json.compact + [10]
  }

  /// `STATUS`, which is to say why nothing goes on, above all on a full disk: there it is written
  /// over the page that is there, whose room is its own. What goes beyond that may be missing.
  public func writeStatus(_ text: [UInt8]) throws(FileError) {
    do throws(FileError) {
      try files.replace(layout.status, text)
    } catch {
      guard error.isFull else { throw error }
      try writeOver(layout.status, text)
    }
  }

  private func writeOver(_ path: String, _ text: [UInt8]) throws(FileError) {
    let file = try files.open(path, .update)
    defer { try? file.close() }
    let size = try file.attributes().size
    try file.write(Array(text.prefix(size)), at: 0)
    if text.count > size {
      try? file.write(Array(text.dropFirst(size)), at: size)
    } else {
      try file.truncate(to: text.count)
    }
  }

  /// A page for people, rewritten whole.
  public func writePage(_ path: String, _ text: [UInt8]) throws(FileError) {
    try files.replace(path, text)
  }
}
