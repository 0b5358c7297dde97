internal import SpoolModel
internal import SpoolStore

/// Takes files that appear in watched directories into their datasets: a line in the catalogue each,
/// durable before the journal counts it, as a manifest's lines are.
final class BufferIntake {
  private struct Key: Hashable, Comparable {
    var dataset: Name
    var number: Int

    static func < (left: Key, right: Key) -> Bool {
      (left.dataset, left.number) < (right.dataset, right.number)
    }
  }

  private let books: Books
  private let paths: DatasetPaths
  private let requests: RequestIntake
  private var buffers: [Key: Buffer] = [:]
  /// Those that the filesystem refused something, and when they are tried again, monotonic.
  private var heldUp: [Key: Int] = [:]

  /// Milliseconds before another try after the filesystem refused something.
  static let again = 1000

  init(_ books: Books, requests: RequestIntake, paths: DatasetPaths) {
    self.books = books
    self.requests = requests
    self.paths = paths
  }

  /// The directories that are watched.
  var directories: Set<String> { Set(buffers.values.map(\.watch.directory)) }

  /// When it wants to look again, monotonic.
  var nextDue: Int? {
    buffers.map { key, buffer in
      if requests.isTaking(key.dataset) { return books.time.now + 50 }
      return max(buffer.nextDue, heldUp[key] ?? 0)
    }.min()
  }

  /// Whether nothing more can come into a dataset from its directories.
  func isThrough(_ dataset: DatasetEntry) -> Bool {
    dataset.watches.indices.allSatisfy {
      buffers[Key(dataset: dataset.name, number: $0)]?.isThrough ?? false
    }
  }

  /// How a dataset's directories stand, in the order of its watches.
  func buffers(of dataset: DatasetEntry) -> [Buffer] {
    dataset.watches.indices.compactMap { buffers[Key(dataset: dataset.name, number: $0)] }
  }

  /// Takes note of events, which are no more than hints (R9).
  func hear(_ hints: [String: BufferHints]) {
    follow()
    guard !hints.isEmpty else { return }
    for buffer in buffers.values {
      if let heard = hints[buffer.watch.directory] { buffer.hear(heard) }
    }
  }

  /// One turn. Returns whether any file joined.
  func run() throws -> Bool {
    follow()
    var hasWorked = false
    for (key, buffer) in buffers.sorted(by: { $0.key < $1.key })
    where books.time.now >= heldUp[key] ?? 0 && !requests.isTaking(key.dataset) {
      heldUp[key] = nil
      do {
        if try look(buffer) { hasWorked = true }
      } catch let error as FileError {
        // A directory that is not there yet is waited for.
        if !error.isMissing || error.path != buffer.watch.directory {
          books.troubles.note(error, "the dataset \(key.dataset)")
        }
        heldUp[key] = books.time.now + Self.again
      }
    }
    return hasWorked
  }

  /// The buffers are those of the open datasets that watch directories.
  private func follow() {
    let watched = books.state.watched
    guard !watched.isEmpty || !buffers.isEmpty else { return }
    for key in buffers.keys where !watched.contains(key.dataset) {
      buffers[key] = nil
      heldUp[key] = nil
    }
    for name in watched {
      guard let dataset = books.state.datasets[name] else { continue }
      for (number, entry) in dataset.watches.enumerated() {
        let key = Key(dataset: name, number: number)
        let buffer =
          buffers[key] ?? Buffer(name, number, entry.watch, books.spool, books.time)
        buffers[key] = buffer
        buffer.markers = Set(
          dataset.watches.map(\.watch).filter { $0.directory == entry.watch.directory }
            .compactMap(\.closeOn))
        buffer.closesSince = dataset.closesSince
      }
    }
  }

  private func look(_ buffer: Buffer) throws -> Bool {
    guard let dataset = books.state.datasets[buffer.dataset], buffer.nextDue <= books.time.now
    else {
      return false
    }
    let index = try paths.index(dataset.name)
    try buffer.scan(index, patience: books.spool.config.datasetWait.milliseconds)
    let arrivals = buffer.arrivals(index) {
      books.troubles.note($0, "the dataset \(buffer.dataset)")
    }
    do {
      let isMarked = try dataset.watches[buffer.number].marked == nil && buffer.seesMarker()
      guard !arrivals.isEmpty || isMarked else { return false }
      try join(arrivals, isMarked, from: buffer, dataset)
    } catch {
      buffer.putBack(arrivals)
      throw error
    }
    for arrival in arrivals { index.insert(PathSet.hash(buffer.watch.path(arrival.name))) }
    buffer.joined(arrivals)
    return true
  }

  private func join(
    _ arrivals: [Buffer.Arrival], _ isMarked: Bool, from buffer: Buffer, _ dataset: DatasetEntry
  ) throws {
    var length = dataset.length
    if !arrivals.isEmpty {
      let header = length == 0 ? Spool.viewHeader("catalogue", dataset.name) : []
      let bytes = arrivals.reduce(into: header) { $0 += Self.line($1, buffer.watch) }
      let path = books.spool.layout.catalogue(dataset.name)
      try books.fill(dataset)
      try books.spool.write(bytes, toView: path, at: length)
      try books.spool.syncView(path)
      length += bytes.count
    }
    books.record(
      .joined(
        FilesJoined(
          dataset: dataset.name, watch: buffer.number, files: arrivals.count,
          bytes: arrivals.reduce(0) { $0.saturatingSum($1.size) }, length: length,
          isMarked: isMarked, at: books.time.epoch)))
    if !arrivals.isEmpty { books.noteCatalogue(dataset.name) }
    if isMarked {
      books.say(
        "the dataset \(dataset.name): \(buffer.watch.closeOn ?? "") has come, of "
          + buffer.watch.directory)
    }
  }

  private static func line(_ arrival: Buffer.Arrival, _ watch: DirectoryWatch) -> [UInt8] {
    let json: JSON = [
      "path": .string(watch.path(arrival.name)), "size": .integer(arrival.size),
      "origin": ["watch": .string(watch.directory)],
    ]
    return json.compact + [10]
  }
}
