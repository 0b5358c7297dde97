public import SpoolModel

extension Spool {
  /// A view of the journal that is read line by line.
  public enum View: Hashable, Sendable {
    /// `datasets/NAME.jsonl`: the files of a dataset.
    case catalogue(Name)
    /// `datasets/@replaced/NAME.jsonl`: the files of a dataset that later attempts have replaced.
    case replaced(Name)
    /// `ledger/TASK.jsonl`: the attempts of a task's jobs.
    case ledger(Name)
    /// `datasets/@groups/TASK.jsonl`: the inputs of a task in the order of their groups.
    case groups(Name)

    /// The kind of the view, as its first line says it.
    var kind: String {
      switch self {
      case .catalogue: "catalogue"
      case .replaced: "replaced"
      case .ledger: "ledger"
      case .groups: "groups"
      }
    }

    /// The dataset or task that the view is of.
    public var name: Name {
      switch self {
      case .catalogue(let name), .replaced(let name), .ledger(let name), .groups(let name): name
      }
    }

    /// Bytes that a line of the view may have.
    public var longestLine: Int {
      switch self {
      case .catalogue, .replaced, .groups: Limits.catalogueLine
      case .ledger: 64 << 20
      }
    }
  }

  func path(of view: View) -> String {
    switch view {
    case .catalogue(let name): layout.catalogue(name)
    case .replaced(let name): layout.replaced(name)
    case .ledger(let name): layout.ledger(name)
    case .groups(let name): layout.groups(name)
    }
  }

  /// The path of a view's copy; nil for a view without one.
  func copyPath(of view: View) -> String? {
    switch view {
    case .catalogue(let name): layout.copy(name)
    case .replaced(let name): layout.copyOfReplaced(name)
    case .ledger, .groups: nil
    }
  }

  /// The paths of a view and of its copy.
  func paths(of view: View) -> [String] {
    [path(of: view)] + (copyPath(of: view).map { [$0] } ?? [])
  }

  /// Returns the place of a view as people read it: `ledger/run42.reco.jsonl`.
  public func place(of view: View) -> String { relative(path(of: view)) }

  /// Opens a view. The caller closes it.
  public func open(_ view: View) throws(FileError) -> ViewReader {
    try ViewReader(try files.open(path(of: view), .read), path(of: view), view.longestLine)
  }

  /// Opens a view; nil where no view can be seen. The caller closes it.
  public func openIfPresent(_ view: View) throws(FileError) -> ViewReader? {
    try openFirst(of: [path(of: view)], view)
  }

  /// Opens the ledger of a task, packed or not; nil where it is in neither place. The caller
  /// closes it.
  public func openLedger(of task: Name) throws(FileError) -> ViewReader? {
    try openFirst(of: [layout.ledger(task)] + archivePlaces(task, .ledger), .ledger(task))
  }

  private func openFirst(of paths: [String], _ view: View) throws(FileError) -> ViewReader? {
    guard let path = paths.first(where: files.isPresent) else { return nil }
    return try ViewReader(try files.open(path, .read), path, view.longestLine)
  }

  /// Returns the attributes of a view; nil where it is not there.
  public func attributes(of view: View) throws(FileError) -> FileAttributes? {
    try files.attributesIfPresent(path(of: view))
  }

  /// Reads `count` bytes of a view. Fails with `EIO` where it has fewer.
  public func read(_ view: View, from offset: Int, count: Int) throws(FileError) -> [UInt8] {
    try readAll(path(of: view), from: offset, count: count)
  }

  /// Reads a stretch of a file. Fails with `EIO` where it is not all there.
  func readAll(_ path: String, from offset: Int, count: Int) throws(FileError) -> [UInt8] {
    let file = try files.open(path, .read)
    defer { try? file.close() }
    let bytes = try file.read(at: offset, count: count)
    guard bytes.count == count else { throw FileError("read all of", path, Errno.inputOutput) }
    return bytes
  }
}

/// A catalogue or a ledger that is open to be read.
public struct ViewReader {
  /// The path of the view, for messages.
  public let path: String
  private let file: any OpenFile
  private let longestLine: Int
  /// What has replaced files of the catalogue, or of the datasets of the list.
  public var replaced: [ReplacedFiles] = []
  /// True where lines without a seal are believed, since the view was begun by a version that wrote
  /// none.
  let isPlain: Bool

  init(_ file: any OpenFile, _ path: String, _ longestLine: Int) throws(FileError) {
    self.file = file
    self.path = path
    self.longestLine = longestLine
    let beginning = try file.read(at: 0, count: Self.plainBeginning.count)
    isPlain = beginning == Self.plainBeginning
  }

  private static let plainBeginning = Array(#"{"format":1,"#.utf8)

  /// Returns true where a line of the view is as it was written.
  public func isIntact(_ line: LineReader.Line) -> Bool {
    switch SealedJSON.check(line.bytes) {
    case .intact: !line.isUnfinished
    case .damaged: false
    case .unsealed: isPlain && !line.isUnfinished && (try? JSON.parse(line.bytes)) != nil
    }
  }

  /// Returns the next file of a catalogue, as it is now, with its line; nil at `end`. A file that the
  /// dataset has no more is gone. Fails with the place of a line that is not as it was written, or that
  /// is not there.
  public func nextFile(
    _ reader: inout LineReader, to end: Int
  ) throws(FileError) -> (file: CatalogueLine, line: LineReader.Line)? {
    while reader.offset < end {
      let place = reader.offset
      guard let line = try reader.next(), isIntact(line), let json = try? JSON.parse(line.bytes)
      else { throw damage(at: place) }
      if let file = CatalogueLine(json) { return (replaced.current(file), line) }
      // Only the header names no file.
      guard line.offset == 0 else { throw damage(at: place) }
    }
    return nil
  }

  /// Returns the bytes of the line at a place; nil where there is none.
  public func line(at offset: Int) throws(FileError) -> [UInt8]? {
    var reader = lines(from: offset)
    return try reader.next()?.bytes
  }

  /// Returns the error of a line that is not as it was written, or that is not there.
  public func damage(at offset: Int) -> FileError {
    FileError("read", path, .damaged(offset: offset))
  }

  /// Returns the number of bytes that the view has now.
  public func size() throws(FileError) -> Int { try file.attributes().size }

  /// Returns a reader of the lines from one byte to another. A line that is longer than `longest`,
  /// by default the view's limit, is an error.
  public func lines(from offset: Int = 0, to end: Int = .max, longest: Int? = nil) -> LineReader {
    LineReader(file, from: offset, to: end, longest: longest ?? longestLine)
  }

  /// Closes the view. Readers of its lines end with it.
  public func close() { try? file.close() }
}
