internal import Glibc
internal import SpoolModel

/// A sorter of many lines in bounded memory: sorted runs go to files, and are merged. A line holds no
/// line end, a key no line end and no NUL.
public struct RunSorter {
  /// Lines that are sorted in memory.
  public static let runLength = 1 << 15
  /// Bytes of lines that are sorted in memory.
  static let runBytes = 16 << 20

  private let prefix: String
  private let files: any FileSystem
  private var lines: [[UInt8]] = []
  private var bytes = 0
  private var runs = 0
  private var merge: Merge?

  /// Makes a sorter that keeps its runs in files with this prefix.
  public init(prefix: String, _ files: any FileSystem) {
    self.prefix = prefix
    self.files = files
  }

  private func path(_ run: Int) -> String { "\(prefix)\(run)" }

  /// Adds a line with its key. After a failure nothing more may be added.
  public mutating func add(_ line: [UInt8], key: [UInt8]) throws(FileError) {
    lines.append(key + [0] + line)
    bytes += key.count + line.count
    if lines.count >= Self.runLength || bytes >= Self.runBytes { try writeRun() }
  }

  private mutating func writeRun() throws(FileError) {
    lines.sort(by: Self.comesBefore)
    let writer = try ListWriter(path(runs), end: 10, files)
    runs += 1
    for line in lines { try writer.add(line) }
    try writer.close()
    lines.removeAll(keepingCapacity: true)
    bytes = 0
  }

  fileprivate static func comesBefore(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    let order = memcmp(left, right, min(left.count, right.count))
    return order == 0 ? left.count < right.count : order < 0
  }

  /// Removes and returns the next line in the order of the keys, behind its key and a NUL; nil at the
  /// end. Nothing may be added after the first call.
  public mutating func next() throws(FileError) -> [UInt8]? {
    if merge == nil {
      if runs > 0, !lines.isEmpty { try writeRun() }
      if runs == 0 { lines.sort { Self.comesBefore($1, $0) } }
      merge = try Merge((0..<runs).map(path), files)
    }
    if runs == 0 { return lines.popLast() }
    return try merge?.next()
  }

  /// Hands over all lines in the order of their keys, without these, and removes the runs.
  public mutating func drain(_ body: ([UInt8]) throws(FileError) -> Void) throws(FileError) {
    defer { removeRuns() }
    while let line = try next() {
      guard let end = line.firstIndex(of: 0) else { continue }
      try body(Array(line[(end + 1)...]))
    }
  }

  /// Removes the runs, as far as the filesystem lets it.
  public mutating func removeRuns() {
    merge = nil
    for run in 0..<runs { try? files.removeIfPresent(path(run)) }
    runs = 0
    lines = []
  }
}

/// Sorted files that are read as one.
private final class Merge {
  private var open: [any OpenFile] = []
  private var readers: [LineReader] = []
  private var heads: [[UInt8]?] = []

  init(_ paths: [String], _ files: any FileSystem) throws(FileError) {
    let longest = Limits.catalogueLine + (1 << 16)
    for (run, path) in paths.enumerated() {
      let file = try files.open(path, .read)
      open.append(file)
      readers.append(LineReader(file, from: 0, to: .max, longest: longest))
      heads.append(try readers[run].next()?.bytes)
    }
  }

  deinit { for file in open { try? file.close() } }

  /// Returns the next line of all; nil where all are read.
  func next() throws(FileError) -> [UInt8]? {
    guard let (run, line) = least else { return nil }
    heads[run] = try readers[run].next()?.bytes
    return line
  }

  private var least: (run: Int, line: [UInt8])? {
    var least: (run: Int, line: [UInt8])?
    for (run, head) in heads.enumerated() {
      guard let head else { continue }
      if let found = least, !RunSorter.comesBefore(head, found.line) { continue }
      least = (run, head)
    }
    return least
  }
}
