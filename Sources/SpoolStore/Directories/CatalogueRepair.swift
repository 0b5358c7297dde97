internal import SpoolModel

/// The repair of a catalogue, or of a list of replaced files, from its copy. The copy is written beside
/// it, line by line, and nobody reads it otherwise, so that both are rarely damaged at one place.
extension Spool {
  /// The most bytes that one repair writes.
  private static let repairStretch = 1 << 20

  /// Writes lines of a catalogue anew from its copy, from the line at `offset` on, and up to `end` at
  /// most. Returns the place up to which the lines are good now; nil where the copy is not good
  /// either. A catalogue that ends too early is written anew from its beginning. Only the watcher
  /// calls it.
  public func repair(
    _ view: View, from offset: Int, to end: Int
  ) throws(FileError) -> Int? {
    guard let file = try openCopy(of: view) else { return nil }
    defer { file.close() }
    let size = try files.attributesIfPresent(path(of: view))?.size ?? 0
    let start = size < end ? 0 : offset
    let stop = size < end ? end : min(end, offset + Self.repairStretch)
    var reader = file.lines(from: start, to: stop)
    var good = start
    var bytes: [UInt8] = []
    while let line = try reader.next(), file.isIntact(line) {
      bytes += line.bytes + [10]
      guard bytes.count >= Self.repairStretch else { continue }
      try write(bytes, toFile: path(of: view), at: good)
      good += bytes.count
      bytes = []
    }
    try write(bytes, toFile: path(of: view), at: good)
    good += bytes.count
    try sync(view)
    return good > offset ? good : nil
  }

  /// Returns a repair that has been done, in words.
  public func words(ofRepair view: View, from offset: Int, to end: Int) -> String {
    "\(place(of: view)) was damaged at byte \(offset): \(end - offset) bytes of it are written anew from "
      + "its copy"
  }

  /// Writes the copy of a catalogue anew from the catalogue, up to `end`. Returns false where a line
  /// of the catalogue is not good. Only the watcher calls it.
  public func restoreCopy(of view: View, to end: Int) throws(FileError) -> Bool {
    guard let copy = copyPath(of: view), let file = try openIfPresent(view) else { return false }
    defer { file.close() }
    var reader = file.lines(to: end)
    var bytes: [UInt8] = []
    var good = 0
    while let line = try reader.next() {
      guard file.isIntact(line) else { return false }
      bytes += line.bytes + [10]
      guard bytes.count >= Self.repairStretch || reader.offset >= end else { continue }
      try write(bytes, toFile: copy, at: good)
      good += bytes.count
      bytes = []
    }
    try sync(view)
    return good == end
  }

  /// Returns true where the copy of a catalogue holds a good line at an offset.
  public func canRepair(_ view: View, at offset: Int) throws(FileError) -> Bool {
    guard let file = try openCopy(of: view) else { return false }
    defer { file.close() }
    var reader = file.lines(from: offset)
    guard let line = try reader.next() else { return false }
    return file.isIntact(line)
  }

  /// Returns the place of a catalogue's copy as people read it.
  public func place(ofCopy view: View) -> String { relative(copyPath(of: view) ?? path(of: view)) }

  func openCopy(of view: View) throws(FileError) -> ViewReader? {
    guard let path = copyPath(of: view) else { return nil }
    do throws(FileError) {
      return try ViewReader(
        try files.open(path, .read), path, view.longestLine)
    } catch {
      guard error.isMissing else { throw error }
      return nil
    }
  }
}
