internal import Glibc
internal import SpoolModel
internal import SpoolStore

/// A sorter of many lines in bounded memory: sorted runs go to files on local disk, and are merged. A
/// line holds no line end and no NUL.
struct RunSorter {
  /// Lines that are sorted in memory.
  static let runLength = 1 << 15

  private let directory: String
  private let files: any FileSystem
  private var lines: [[UInt8]] = []
  private var runs = 0

  /// Makes a sorter that keeps its runs in a directory.
  init(in directory: String, _ files: any FileSystem) {
    self.directory = directory
    self.files = files
  }

  private func path(_ run: Int) -> String { "\(directory)/run\(run)" }

  /// Adds a line with its key.
  mutating func add(_ line: [UInt8], key: [UInt8]) throws(FileError) {
    lines.append(key + [0] + line)
    if lines.count >= Self.runLength { try writeRun() }
  }

  private mutating func writeRun() throws(FileError) {
    lines.sort(by: Self.comesBefore)
    let writer = try ListWriter(path(runs), end: 10, files)
    for line in lines { try writer.add(line) }
    try writer.close()
    lines.removeAll(keepingCapacity: true)
    runs += 1
  }

  private static func comesBefore(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    let order = memcmp(left, right, min(left.count, right.count))
    return order == 0 ? left.count < right.count : order < 0
  }

  /// Hands over all lines in the order of their keys, and removes the runs.
  mutating func drain(_ body: ([UInt8]) throws(FileError) -> Void) throws(FileError) {
    defer { removeRuns() }
    if runs == 0 {
      lines.sort(by: Self.comesBefore)
      for line in lines { try body(Self.withoutKey(line)) }
      return lines = []
    }
    if !lines.isEmpty { try writeRun() }
    try merge(body)
  }

  private func merge(_ body: ([UInt8]) throws(FileError) -> Void) throws(FileError) {
    var open: [any OpenFile] = []
    defer { for file in open { try? file.close() } }
    var readers: [LineReader] = []
    var heads: [[UInt8]?] = []
    for run in 0..<runs {
      let file = try files.open(path(run), .read)
      open.append(file)
      readers.append(LineReader(file, from: 0, to: .max, longest: 1 << 16))
      heads.append(try readers[run].next()?.bytes)
    }
    while let next = Self.least(heads), let line = heads[next] {
      try body(Self.withoutKey(line))
      heads[next] = try readers[next].next()?.bytes
    }
  }

  /// Returns the number of the run with the least line; nil where all are read.
  private static func least(_ heads: [[UInt8]?]) -> Int? {
    var least: (run: Int, line: [UInt8])?
    for (run, head) in heads.enumerated() {
      guard let head else { continue }
      if let found = least, !comesBefore(head, found.line) { continue }
      least = (run, head)
    }
    return least?.run
  }

  private static func withoutKey(_ line: [UInt8]) -> [UInt8] {
    guard let end = line.firstIndex(of: 0) else { return line }
    return Array(line[(end + 1)...])
  }

  private mutating func removeRuns() {
    for run in 0..<runs { try? files.removeIfPresent(path(run)) }
    runs = 0
  }
}

/// A writer of a list on local disk, entry by entry.
final class ListWriter {
  private let file: any OpenFile
  private let end: UInt8
  private var buffer: [UInt8] = []
  private var offset = 0

  /// Begins a list whose entries end in this byte. What stood at the path is gone.
  init(_ path: String, end: UInt8, _ files: any FileSystem) throws(FileError) {
    self.end = end
    try files.removeIfPresent(path)
    file = try files.open(path, .create)
  }

  /// Adds an entry.
  func add(_ entry: [UInt8]) throws(FileError) {
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
  func close() throws(FileError) {
    do throws(FileError) {
      try flush()
    } catch {
      try? file.close()
      throw error
    }
    try file.close()
  }
}
