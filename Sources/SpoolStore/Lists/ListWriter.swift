/// A writer of a list, entry by entry.
public final class ListWriter {
  private let file: any OpenFile
  private let end: UInt8
  private var buffer: [UInt8] = []
  private var offset = 0

  /// The bytes of all entries.
  public var length: Int { offset + buffer.count }

  /// Begins a list whose entries end in this byte. What stood at the path is gone.
  public init(_ path: String, end: UInt8, _ files: any FileSystem) throws(FileError) {
    self.end = end
    try files.removeIfPresent(path)
    file = try files.open(path, .create)
  }

  /// Adds an entry.
  public func add(_ entry: [UInt8]) throws(FileError) {
    buffer += entry
    buffer.append(end)
    if buffer.count >= 1 << 16 { try flush() }
  }

  private func flush() throws(FileError) {
    try file.write(buffer, at: offset)
    offset += buffer.count
    buffer.removeAll(keepingCapacity: true)
  }

  /// Ends the list.
  public func close() throws(FileError) {
    do throws(FileError) {
      try flush()
    } catch {
      try? file.close()
      throw error
    }
    try file.close()
  }
}
