internal import SpoolModel
internal import SpoolStore

/// Closes the datasets to which no more files can come. In come the open datasets; out go `closed`
/// records.
final class DatasetCloser {
  private let spool: Spool
  private let intake: RequestIntake
  private let paths: DatasetPaths
  private let directories: WatchedDirectories
  /// The times until which announced files are waited for.
  private var waits = Deadlines<Name>()
  /// The number of the scan of `incoming/` after which a dataset may close.
  private var closeAfter: [Name: Int] = [:]

  init(
    _ spool: Spool, intake: RequestIntake, paths: DatasetPaths,
    directories: WatchedDirectories
  ) {
    self.spool = spool
    self.intake = intake
    self.paths = paths
    self.directories = directories
  }

  /// True while a dataset waits for one more scan.
  var isWatching: Bool { closeAfter.values.contains { $0 > intake.scans } }

  /// Closes the datasets that are due. Returns true if any was closed.
  func run(_ turn: Turn) -> Bool {
    var hasClosed = false
    for dataset in turn.state.datasets.values where dataset.state == .open {
      guard let isComplete = verdict(dataset, turn) else { continue }
      turn.record(.closed(dataset: dataset.name, isComplete: isComplete))
      closeAfter[dataset.name] = nil
      waits.remove(dataset.name)
      paths.drop(dataset.name)
      hasClosed = true
    }
    return hasClosed
  }

  /// Returns nil if a dataset may not close yet; else true if it is complete, false if it is
  /// incomplete.
  private func verdict(_ dataset: DatasetEntry, _ turn: Turn) -> Bool? {
    guard dataset.activeProducers.isEmpty else { return nil }
    guard let closing = dataset.closesSince else {
      return dataset.producers.isEmpty ? nil : dataset.failedProducers.isEmpty
    }
    // One more full scan must find nothing pending for the dataset (DESIGN 5).
    let after = closeAfter[dataset.name] ?? intake.scans + 1
    closeAfter[dataset.name] = after
    guard intake.scans >= after, !intake.hasPending else { return nil }
    // Announced files may yet come, but they are waited for no longer than `datasetWait` (R10).
    let wait = spool.config.datasetWait
    waits.note(closing + wait, for: dataset.name, atMost: wait, turn)
    let isPatient = !waits.hasCome(closing + wait, for: dataset.name, at: turn.now)
    guard directories.isThrough(dataset) else {
      guard !isPatient else { return nil }
      turn.say(
        "the dataset \(dataset.name) is incomplete: its directory could not be looked through")
      return false
    }
    let unfinished = directories.directories(of: dataset).reduce(0) { $0 + $1.pending }
    guard unfinished == 0 else {
      turn.say(
        "the dataset \(dataset.name) is incomplete: \(unfinished) files were never finished")
      return false
    }
    if dataset.isShort {
      guard !isPatient else { return nil }
      turn.say(
        "the dataset \(dataset.name) is incomplete: \(dataset.files) files came, "
          + "\(dataset.expected ?? 0) were expected")
      return false
    }
    return dataset.failedProducers.isEmpty
  }
}
