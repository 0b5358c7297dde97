public import SpoolModel

/// Views of the journal, for people and programs to read: catalogues of datasets and ledgers of
/// tasks. With them the pages that the watcher rewrites.
extension Spool {
  /// Writes bytes to a view at an offset that the journal's order fixes: done again, it writes the
  /// same.
  public func write(_ bytes: [UInt8], to view: View, at offset: Int) throws(FileError) {
    try write(bytes, toFile: path(of: view), at: offset)
  }

  /// Writes bytes to a file at an offset. Makes the file where it is not there.
  func write(_ bytes: [UInt8], toFile path: String, at offset: Int) throws(FileError) {
    let file = try files.open(path, .create)
    do throws(FileError) {
      try file.write(bytes, at: offset)
    } catch {
      try? file.close()
      throw error
    }
    try file.close()
  }

  /// Cuts a view to its length and makes it durable. A view that is shorter has lost its tail.
  public func settle(_ view: View, length: Int) throws(FileError) {
    let file = try files.open(path(of: view), .create)
    defer { try? file.close() }
    if try file.attributes().size > length { try file.truncate(to: length) }
    try file.sync()
  }

  /// Makes the bytes that were written to a view durable.
  public func sync(_ view: View) throws(FileError) {
    let file = try files.open(path(of: view), .update)
    defer { try? file.close() }
    try file.sync()
  }

  /// Returns the first line of a view.
  public static func viewHeader(_ kind: String, _ name: Name) -> [UInt8] {
    let json: JSON = ["format": 1, "kind": .string(kind), "name": .string(name.text)]
    return json.compact + [10]
  }

  /// Rewrites `STATUS`. The page must say why nothing goes on, above all on a full disk: there it
  /// is written over the page that is there, whose room is its own, and a longer text may lack its
  /// end.
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
}
