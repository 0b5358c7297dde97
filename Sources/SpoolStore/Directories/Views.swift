internal import SpoolModel

/// Views of the journal, for people and programs to read: catalogues of datasets and ledgers of
/// tasks. With them the pages that the watcher rewrites.
extension Spool {
  /// Writes bytes to a view at an offset that the journal's order fixes: done again, it writes the
  /// same. A catalogue has a copy, which gets them, too.
  public func write(_ bytes: [UInt8], to view: View, at offset: Int) throws(FileError) {
    for path in paths(of: view) {
      do throws(FileError) {
        try write(bytes, toFile: path, at: offset)
      } catch {
        let isReplaced = if case .replaced = view { true } else { false }
        guard error.isMissing, path == copyPath(of: view) || isReplaced else { throw error }
        try files.ensureDirectory(FilePath.directory(path))
        try write(bytes, toFile: path, at: offset)
      }
    }
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
    for path in paths(of: view) {
      let file: any OpenFile
      do throws(FileError) {
        file = try files.open(path, path == copyPath(of: view) ? .update : .create)
      } catch {
        // An earlier version made no copy.
        guard error.isMissing, path == copyPath(of: view) else { throw error }
        continue
      }
      defer { try? file.close() }
      if try file.attributes().size > length { try file.truncate(to: length) }
      try file.sync()
    }
  }

  /// Makes the bytes that were written to a view durable.
  public func sync(_ view: View) throws(FileError) {
    for path in paths(of: view) {
      let file = try files.open(path, .update)
      defer { try? file.close() }
      try file.sync()
    }
  }

  /// Returns the first line of a view.
  public static func viewHeader(_ view: View, _ format: ViewFormat) -> [UInt8] {
    format.encode([
      "format": .integer(format.ofHeader), "kind": .string(view.kind),
      "name": .string(view.name.text),
    ])
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
