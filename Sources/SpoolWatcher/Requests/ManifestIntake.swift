internal import SpoolModel
internal import SpoolStore

/// Adds one manifest to a dataset's catalogue, a stretch at a time, so that a manifest of a million
/// files holds nobody up. In comes the file; out go lines of the catalogue and `manifest` records.
/// It first checks all entries, then adds them, each stretch durable before the journal counts it.
final class ManifestIntake {
  /// The outcome of a step.
  enum Progress {
    case working
    case accepted
    case refused(RequestError)
  }

  /// A manifest that was taken, apart from its entries.
  struct Manifest {
    var taken: Spool.Taken
    var header: ManifestHeader
    /// The digest of the file, by which it is known again after a crash.
    var digest: String
    /// The uid of the file's owner.
    var owner: Int

    /// The key by which the watcher recognises the manifest after a crash (R6).
    var key: String { SpoolState.key(header.name, taken.name, digest) }
  }

  /// The entries: a list in memory, or the lines of an open file from a byte on.
  enum Source {
    case list([ManifestEntry])
    case lines(any OpenFile, from: Int, size: Int)

    /// The place of the first entry: an index of the list, or a byte of the file.
    fileprivate var start: Int {
      switch self {
      case .list: 0
      case .lines(_, let start, _): start
      }
    }
  }

  let manifest: Manifest
  private let spool: Spool
  private let paths: PathIndex
  private let source: Source
  private let appender: CatalogueAppender
  private var isChecked = false
  /// The place of the next entry: an index of the list, or a byte of the file.
  private var at = 0
  /// The number of lines that are read.
  private var line = 1
  /// The number of entries that are checked.
  private var entries = 0
  /// The paths of this manifest, by hash.
  private var own: Set<UInt64> = []
  /// The number of entries that a former watcher, or an earlier try, has added already.
  private var toSkip: Int

  /// The largest number of entries in a stretch.
  static let stretch = 5000
  /// The largest number of lines in a stretch. Not every line is an entry.
  static let stretchLines = 20_000
  /// The largest number of bytes in a stretch, about. Entries may be long.
  static let stretchBytes = 4 << 20
  static let tooLong = "longer than \(Limits.manifestLine) bytes"

  /// Takes a manifest. `added` is the number of its entries that the journal counts already.
  init(
    _ spool: Spool, _ manifest: Manifest, _ source: Source, paths: PathIndex,
    appender: CatalogueAppender, added: Int
  ) {
    self.spool = spool
    self.manifest = manifest
    self.source = source
    self.paths = paths
    self.appender = appender
    at = source.start
    toSkip = added
  }

  private var header: ManifestHeader { manifest.header }

  /// Does one more stretch. If the filesystem fails, the next call takes the same stretch again.
  func step(_ turn: Turn) throws -> Progress {
    let before = (at, line, entries, own, toSkip)
    do {
      return try advance(turn)
    } catch {
      (at, line, entries, own, toSkip) = before
      throw error
    }
  }

  private func advance(_ turn: Turn) throws -> Progress {
    let batch: Batch
    do {
      batch = try next()
      if !isChecked { try check(batch.entries) }
    } catch let error as RequestError {
      return .refused(error)
    }
    if !isChecked {
      if batch.isLast { startAdding() }
      return .working
    }
    if batch.entries.isEmpty, !batch.isLast { return .working }
    try add(batch, turn)
    return batch.isLast ? .accepted : .working
  }

  /// Goes back to the first entry, now that all are checked.
  private func startAdding() {
    isChecked = true
    at = source.start
    line = 1
    own = []
  }

  private typealias NumberedEntry = (entry: ManifestEntry, line: Int)

  /// The entries of a stretch with their lines. `isLast` is true if no more follow.
  private struct Batch {
    var entries: [NumberedEntry] = []
    var isLast = false
  }

  private func next() throws -> Batch {
    switch source {
    case .list(let list):
      let end = min(at + Self.stretch, list.count)
      defer { at = end }
      return Batch(entries: list[at..<end].map { ($0, 0) }, isLast: end == list.count)
    case .lines(let file, _, let size): return try readLines(file, size)
    }
  }

  private func readLines(_ file: any OpenFile, _ size: Int) throws -> Batch {
    var reader = LineReader(file, from: at, to: size, longest: Limits.manifestLine)
    var batch = Batch()
    let (lastLine, lastByte) = (line + Self.stretchLines, at + Self.stretchBytes)
    while batch.entries.count < Self.stretch, line < lastLine, at < lastByte {
      guard let text = try nextLine(&reader) else {
        batch.isLast = true
        break
      }
      line += 1
      at = text.next
      if text.bytes.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) { continue }
      batch.entries.append((try entry(text.bytes), line))
    }
    return batch
  }

  private func nextLine(_ reader: inout LineReader) throws -> LineReader.Line? {
    do throws(FileError) {
      return try reader.next()
    } catch {
      guard error.isTooLarge else { throw error }
      throw RequestError(line: line + 1, Self.tooLong)
    }
  }

  private func entry(_ bytes: [UInt8]) throws(RequestError) -> ManifestEntry {
    let json: JSON
    do throws(JSONError) {
      json = try JSON.parse(bytes, firstLine: line)
    } catch {
      throw RequestError(error)
    }
    return try ManifestEntry(json, root: spool.dataRoot, line: line)
  }

  /// Throws if the dataset or this manifest has a path already.
  private func check(_ batch: [NumberedEntry]) throws(RequestError) {
    for (entry, line) in batch {
      entries += 1
      if let meta = entry.meta, JSON.object(meta).compact.count > Limits.manifestLine {
        throw RequestError(
          line: line == 0 ? nil : line, key: "meta",
          "more than \(Limits.manifestLine) bytes travel along with \(entry.file.path)")
      }
      let path = entry.file.path
      let hash = PathSet.hash(path)
      guard own.insert(hash).inserted, entries <= toSkip || !paths.contains(hash) else {
        throw RequestError(
          line: line == 0 ? nil : line, "\"\(path)\" is in the dataset \(header.name) already")
      }
    }
  }

  /// Adds a stretch to the catalogue. The lines are durable before the journal counts them.
  private func add(_ batch: Batch, _ turn: Turn) throws {
    let fresh = batch.entries.dropFirst(min(toSkip, batch.entries.count))
    toSkip -= batch.entries.count - fresh.count
    var lines: [UInt8] = []
    for (entry, line) in fresh {
      paths.insert(PathSet.hash(entry.file.path))
      lines += catalogueLine(entry, line)
    }
    let length = try appender.append(lines, to: header.name)
    let sizes = fresh.compactMap(\.entry.file.size)
    turn.record(
      .manifest(
        ManifestAccepted(
          dataset: header.name, origin: manifest.taken.name, digest: manifest.digest,
          files: fresh.count, length: length, sized: sizes.count,
          bytes: sizes.reduce(0) { $0.saturatingSum($1) },
          isLast: batch.isLast, closes: header.closed, expected: header.expected,
          retention: header.retention, watch: batch.isLast ? header.watch : nil,
          owner: manifest.owner, at: turn.date)))
    appender.noteRecorded(header.name, length: length)
  }

  private func catalogueLine(_ entry: ManifestEntry, _ line: Int) -> [UInt8] {
    let line = CatalogueLine(
      file: entry.file, meta: entry.meta,
      origin: .manifest(manifest.taken.name, line: line > 0 ? line : nil))
    return line.json.compact + [10]
  }

  /// Closes the manifest's file.
  func close() {
    if case .lines(let file, _, _) = source { try? file.close() }
  }
}
