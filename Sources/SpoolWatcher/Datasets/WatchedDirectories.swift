internal import SpoolModel
internal import SpoolStore

/// Takes files that appear in watched directories into their datasets: a line in the catalogue each,
/// durable before the journal counts it, as a manifest's lines are.
final class WatchedDirectories: Stage {
  private struct Key: Hashable, Comparable {
    var dataset: Name
    var number: Int

    static func < (left: Key, right: Key) -> Bool {
      (left.dataset, left.number) < (right.dataset, right.number)
    }
  }

  private let spool: Spool
  private let turn: Turn
  private let paths: DatasetPaths
  private let requests: RequestIntake
  private var watched: [Key: WatchedDirectory] = [:]
  /// Directories for which the filesystem refused something, and when they are tried again.
  private var heldUp: [Key: Instant] = [:]

  /// Time before another try after the filesystem refused something.
  static let again = Duration.seconds(1)
  /// Time before another look while a manifest of the dataset is being taken in.
  static let takingPause = Duration.milliseconds(50)

  init(_ spool: Spool, _ turn: Turn, requests: RequestIntake, paths: DatasetPaths) {
    self.spool = spool
    self.turn = turn
    self.requests = requests
    self.paths = paths
  }

  /// The directories that are watched.
  var watchedPaths: Set<String> { Set(watched.values.map(\.watch.directory)) }

  var nextDue: Instant? {
    watched.map { key, directory in
      if requests.isTaking(key.dataset) { return turn.now + Self.takingPause }
      return max(directory.nextDue, heldUp[key] ?? .distantPast)
    }.min()
  }

  /// Whether nothing more can come into a dataset from its directories.
  func isThrough(_ dataset: DatasetEntry) -> Bool {
    dataset.watches.indices.allSatisfy {
      watched[Key(dataset: dataset.name, number: $0)]?.isThrough ?? false
    }
  }

  /// How a dataset's directories stand, in the order of its watches.
  func directories(of dataset: DatasetEntry) -> [WatchedDirectory] {
    dataset.watches.indices.compactMap { watched[Key(dataset: dataset.name, number: $0)] }
  }

  /// Takes note of events, which are no more than hints (R9).
  func hear(_ hints: [String: DirectoryHints]) {
    follow()
    guard !hints.isEmpty else { return }
    for directory in watched.values {
      if let heard = hints[directory.watch.directory] { directory.hear(heard) }
    }
  }

  /// One turn. Returns whether any file joined.
  func run() throws -> Bool {
    follow()
    var hasWorked = false
    for (key, directory) in watched.sorted(by: { $0.key < $1.key })
    where turn.now >= heldUp[key] ?? .distantPast && !requests.isTaking(key.dataset) {
      heldUp[key] = nil
      do {
        if try look(directory) { hasWorked = true }
      } catch let error as FileError {
        // A directory that is not there yet is waited for.
        if !error.isMissing || error.path != directory.watch.directory {
          turn.note(error, "the dataset \(key.dataset)")
        }
        heldUp[key] = turn.now + Self.again
      }
    }
    return hasWorked
  }

  /// The watched are those of the open datasets that watch directories.
  private func follow() {
    let open = turn.state.watched
    guard !open.isEmpty || !watched.isEmpty else { return }
    for key in watched.keys where !open.contains(key.dataset) {
      watched[key] = nil
      heldUp[key] = nil
    }
    for name in open {
      guard let dataset = turn.state.datasets[name] else { continue }
      for (number, entry) in dataset.watches.enumerated() {
        let key = Key(dataset: name, number: number)
        let directory =
          watched[key] ?? WatchedDirectory(name, number, entry.watch, spool, turn)
        watched[key] = directory
        directory.markers = Set(
          dataset.watches.map(\.watch).filter { $0.directory == entry.watch.directory }
            .compactMap(\.closeOn))
        directory.closesSince = dataset.closesSince
      }
    }
  }

  private func look(_ directory: WatchedDirectory) throws -> Bool {
    guard let dataset = turn.state.datasets[directory.dataset], directory.nextDue <= turn.now
    else {
      return false
    }
    let index = try paths.index(dataset.name)
    try directory.scan(index, patience: spool.config.datasetWait)
    let arrivals = directory.arrivals(index) {
      turn.note($0, "the dataset \(directory.dataset)")
    }
    do {
      let isMarked = try dataset.watches[directory.number].marked == nil && directory.seesMarker()
      guard !arrivals.isEmpty || isMarked else { return false }
      try join(arrivals, isMarked, from: directory, dataset)
    } catch {
      directory.putBack(arrivals)
      throw error
    }
    for arrival in arrivals { index.insert(PathSet.hash(directory.watch.path(arrival.name))) }
    directory.joined(arrivals)
    return true
  }

  private func join(
    _ arrivals: [WatchedDirectory.Arrival], _ isMarked: Bool, from directory: WatchedDirectory,
    _ dataset: DatasetEntry
  ) throws {
    var length = dataset.length
    if !arrivals.isEmpty {
      let header = length == 0 ? Spool.viewHeader("catalogue", dataset.name) : []
      let bytes = arrivals.reduce(into: header) { $0 += Self.line($1, directory.watch) }
      try turn.fillCatalogue(dataset.name)
      try turn.views.append(bytes, toCatalogueOf: dataset.name, at: length)
      length += bytes.count
    }
    turn.record(
      .joined(
        FilesJoined(
          dataset: dataset.name, watch: directory.number, files: arrivals.count,
          bytes: arrivals.reduce(0) { $0.saturatingSum($1.size) }, length: length,
          isMarked: isMarked, at: turn.date)))
    if !arrivals.isEmpty { turn.views.noteAppended(to: dataset.name, length: length) }
    if isMarked {
      turn.say(
        "the dataset \(dataset.name): \(directory.watch.closeOn ?? "") has come, of "
          + directory.watch.directory)
    }
  }

  private static func line(_ arrival: WatchedDirectory.Arrival, _ watch: DirectoryWatch) -> [UInt8]
  {
    let json: JSON = [
      "path": .string(watch.path(arrival.name)), "size": .integer(arrival.size),
      "origin": ["watch": .string(watch.directory)],
    ]
    return json.compact + [10]
  }
}
