internal import SpoolModel
internal import SpoolStore

/// Adds files that appear in watched directories to their datasets. In come the directories; out go
/// lines of catalogues and `joined` records. As with a manifest, each line is durable before the
/// journal counts it.
final class WatchedDirectories: Stage {
  /// A dataset's watch, by its number.
  private struct Key: Hashable, Comparable {
    var dataset: Name
    var number: Int

    static func < (left: Key, right: Key) -> Bool {
      (left.dataset, left.number) < (right.dataset, right.number)
    }
  }

  private let spool: Spool
  private let paths: DatasetPaths
  private let requests: RequestIntake
  private let appender: CatalogueAppender
  private var watched: [Key: WatchedDirectory] = [:]
  /// Directories for which the filesystem refused something, with the time of the next try.
  private var heldUp: [Key: Instant] = [:]

  /// The time between a refusal and the next try.
  static let again = Duration.seconds(1)
  /// The time until the next look while a manifest of the dataset is being added.
  static let takingPause = Duration.milliseconds(50)

  init(_ spool: Spool, requests: RequestIntake, paths: DatasetPaths, appender: CatalogueAppender) {
    self.spool = spool
    self.requests = requests
    self.paths = paths
    self.appender = appender
  }

  /// The paths of the watched directories.
  var watchedPaths: Set<String> { Set(watched.values.map(\.watch.directory)) }

  func nextDue(_ turn: Turn) -> Instant? {
    watched.map { key, directory in
      if requests.isTaking(key.dataset, turn) { return turn.now + Self.takingPause }
      return max(directory.nextLook(at: turn.now), heldUp[key] ?? .distantPast)
    }.min()
  }

  /// Returns true if no more files can come into a dataset from its directories.
  func isThrough(_ dataset: DatasetEntry) -> Bool {
    dataset.watches.indices.allSatisfy {
      watched[Key(dataset: dataset.name, number: $0)]?.isThrough ?? false
    }
  }

  /// Returns the watched directories of a dataset, in the order of its watches.
  func directories(of dataset: DatasetEntry) -> [WatchedDirectory] {
    dataset.watches.indices.compactMap { watched[Key(dataset: dataset.name, number: $0)] }
  }

  /// Takes note of events, which are only hints (R9).
  func hear(_ hints: [String: DirectoryHints], _ turn: Turn) {
    follow(turn)
    guard !hints.isEmpty else { return }
    for directory in watched.values {
      if let heard = hints[directory.watch.directory] { directory.hear(heard, at: turn.now) }
    }
  }

  /// Looks at the directories that are due. Returns true if any file joined.
  func run(_ turn: Turn) throws -> Bool {
    follow(turn)
    var hasWorked = false
    for (key, directory) in watched.sorted(by: { $0.key < $1.key })
    where turn.now >= heldUp[key] ?? .distantPast && !requests.isTaking(key.dataset, turn) {
      heldUp[key] = nil
      do {
        if try look(directory, turn) { hasWorked = true }
      } catch let error as FileError {
        // A missing directory is waited for, and is no trouble.
        if !error.isMissing || error.path != directory.watch.directory {
          turn.note(error, "the dataset \(key.dataset)")
        }
        heldUp[key] = turn.now + Self.again
      }
    }
    return hasWorked
  }

  /// Follows the state: watches the directories of open datasets, and no others.
  private func follow(_ turn: Turn) {
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
          watched[key] ?? WatchedDirectory(name, number, entry.watch, spool)
        watched[key] = directory
        directory.markers = Set(
          dataset.watches.map(\.watch).filter { $0.directory == entry.watch.directory }
            .compactMap(\.closeOn))
        directory.setClosing(since: dataset.closesSince, at: turn.now)
      }
    }
  }

  /// Looks at one directory. Returns true if any file joined, or if its marker was seen.
  private func look(_ directory: WatchedDirectory, _ turn: Turn) throws -> Bool {
    guard let dataset = turn.state.datasets[directory.dataset],
      directory.nextLook(at: turn.now) <= turn.now
    else {
      return false
    }
    let index = try paths.index(dataset.name, turn)
    try directory.scan(index, patience: spool.config.datasetWait, turn)
    let arrivals = directory.arrivals(index, turn)
    do {
      let isMarked =
        try dataset.watches[directory.number].marked == nil && directory.lookForMarker()
      guard !arrivals.isEmpty || isMarked else { return false }
      try join(arrivals, isMarked, from: directory, dataset, turn)
    } catch {
      directory.putBack(arrivals)
      throw error
    }
    for arrival in arrivals { index.insert(PathSet.hash(directory.watch.path(arrival.name))) }
    directory.joined(arrivals)
    return true
  }

  /// Adds files to the catalogue, and records them.
  private func join(
    _ arrivals: [WatchedDirectory.Arrival], _ isMarked: Bool, from directory: WatchedDirectory,
    _ dataset: DatasetEntry, _ turn: Turn
  ) throws {
    var length = dataset.length
    if !arrivals.isEmpty {
      let lines = arrivals.reduce(into: []) { $0 += Self.line($1, directory.watch) }
      length = try appender.append(lines, to: dataset.name)
    }
    turn.record(
      .joined(
        FilesJoined(
          dataset: dataset.name, watch: directory.number, files: arrivals.count,
          bytes: arrivals.reduce(0) { $0.saturatingSum($1.size) }, length: length,
          isMarked: isMarked, at: turn.date)))
    if !arrivals.isEmpty { appender.noteRecorded(dataset.name, length: length) }
    if isMarked {
      turn.say(
        "the dataset \(dataset.name): \(directory.watch.closeOn ?? "") has come, of "
          + directory.watch.directory)
    }
  }

  private static func line(
    _ arrival: WatchedDirectory.Arrival, _ watch: DirectoryWatch
  ) -> [UInt8] {
    let line = CatalogueLine(
      file: InputFile(path: watch.path(arrival.name), size: arrival.size),
      origin: .watch(watch.directory))
    return line.json.compact + [10]
  }
}
