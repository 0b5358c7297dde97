public import SpoolModel

/// The files of a dataset that later attempts of their jobs have replaced, or did not write again. A
/// catalogue keeps its lines; the list beside it says what became of some of their files. In go the lines
/// of that list; out come the files as they are now. It holds a hundred bytes for each file of the list.
public struct ReplacedFiles: Sendable {
  /// A file as the newest attempt left it.
  private struct Entry: Sendable {
    var attempt: Int
    var size: Int?
    var adler32: String?
    var files: Int?
    var isGone: Bool
    /// The place of its line.
    var offset: Int
  }

  /// The dataset.
  public let dataset: Name
  /// The number of bytes of the list that it holds.
  public private(set) var length = 0
  private var entries: [UInt64: Entry] = [:]

  /// Makes an empty one.
  public init(_ dataset: Name) { self.dataset = dataset }

  /// Reads the list of a dataset, up to a byte.
  public init(_ dataset: Name, to end: Int, _ spool: Spool) throws(FileError) {
    self.dataset = dataset
    try read(to: end, spool)
  }

  /// Reads the list on, up to a byte. Fails with the place of a line that is not as it was written, or
  /// that is not there.
  public mutating func read(to end: Int, _ spool: Spool) throws(FileError) {
    guard length < end else { return }
    let list = try spool.open(.replaced(dataset))
    defer { list.close() }
    var reader = list.lines(from: length, to: end)
    while let (file, line) = try list.nextFile(&reader, to: end) { add(file, line) }
    length = end
  }

  /// Reads the whole list of a dataset, as far as it is written, for those who look at a spool from
  /// outside.
  public init(whole dataset: Name, _ spool: Spool) throws(FileError) {
    self.dataset = dataset
    guard let list = try spool.openIfPresent(.replaced(dataset)) else { return }
    defer { list.close() }
    var reader = list.lines()
    while let line = try reader.next(), list.isIntact(line) {
      length = line.next
      if let file = (try? JSON.parse(line.bytes)).flatMap({ CatalogueLine($0) }) { add(file, line) }
    }
  }

  private mutating func add(_ file: CatalogueLine, _ line: LineReader.Line) {
    guard let key = Self.key(file) else { return }
    entries[key] = Entry(
      attempt: file.attempt ?? 0, size: file.file.size, adler32: file.file.adler32,
      files: file.file.files, isGone: file.isGone, offset: line.offset)
  }

  private static func key(_ file: CatalogueLine) -> UInt64? {
    file.job.map { PathSet.hash("\($0) \(file.file.path)") }
  }

  private func entry(_ line: CatalogueLine) -> Entry? {
    guard !entries.isEmpty, let key = Self.key(line), let entry = entries[key],
      entry.attempt > line.attempt ?? 0
    else { return nil }
    return entry
  }

  /// Returns the file of a catalogue's line as it is now; nil where nothing has replaced it.
  func current(_ line: CatalogueLine) -> CatalogueLine? {
    guard let entry = entry(line), let job = line.job else { return nil }
    var current = line
    current.file.size = entry.size
    current.file.adler32 = entry.adler32
    current.file.files = entry.files
    current.origin = .job(job, attempt: entry.attempt)
    current.isGone = entry.isGone
    return current
  }

  /// Returns the place in the list of the line that has replaced a catalogue's line; nil for none.
  public func place(of line: CatalogueLine) -> Int? { entry(line)?.offset }
}

extension [ReplacedFiles] {
  /// Returns the file of a catalogue's line as it is now.
  public func current(_ line: CatalogueLine) -> CatalogueLine {
    for list in self {
      if let current = list.current(line) { return current }
    }
    return line
  }
}

extension CatalogueLine {
  /// The number of the attempt that wrote the file; nil if no job of this spool did.
  fileprivate var attempt: Int? {
    if case .job(_, let attempt) = origin { attempt } else { nil }
  }
}
