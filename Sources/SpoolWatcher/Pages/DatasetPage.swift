internal import SpoolModel
internal import SpoolStore

/// The page of a dataset for people and commands: `datasets/NAME.json`. In comes the state; out
/// goes JSON.
struct DatasetPage {
  let dataset: DatasetEntry
  let state: SpoolState
  let placement: Placement
  let directories: [WatchedDirectory]

  /// The page.
  var text: [UInt8] {
    let hasRemoved = dataset.removal.files > 0 || dataset.isDeleted
    return DatasetSummary(
      dataset: dataset.name, state: dataset.state,
      totals: FileTotals(files: dataset.files, bytes: dataset.bytes),
      unsized: max(0, dataset.files - dataset.sized), expected: dataset.expected,
      closing: dataset.state == .open ? dataset.closesSince : nil, watches: watches,
      producers: tasks(dataset.producers), consumers: tasks(state.readers[dataset.name] ?? []),
      retention: dataset.retention == .forever ? nil : dataset.retention,
      removed: hasRemoved
        ? FileTotals(files: dataset.removal.files, bytes: dataset.removal.bytes) : nil
    ).json.pretty
  }

  private func tasks(_ names: Set<Name>) -> [DatasetSummary.TaskReference] {
    names.sorted().map { name in
      DatasetSummary.TaskReference(
        task: name, state: state.tasks[name].map(placement.status) ?? .done)
    }
  }

  private var watches: [DatasetSummary.Watch] {
    dataset.watches.enumerated().map { number, entry in
      var watch = DatasetSummary.Watch(
        directory: entry.watch.directory, pattern: entry.watch.pattern.text,
        closeOn: entry.watch.closeOn, files: entry.files, marked: entry.marked)
      guard dataset.state == .open,
        let directory = directories.first(where: { $0.number == number })
      else { return watch }
      watch.pending = directory.pending
      watch.trouble = directory.trouble
      return watch
    }
  }
}

/// Writes the pages of datasets that may have changed, a limited number at a time.
final class DatasetPages {
  private let spool: Spool
  private let directories: WatchedDirectories
  private var due: Set<Name> = []
  /// The last dataset whose page was looked at, while there was no time for the others.
  private var last: Name?
  /// The hash of the text that was written last, by dataset.
  private var written: [Name: Int] = [:]

  /// The largest number of pages that are written at once.
  static let mostAtOnce = 500

  init(_ spool: Spool, directories: WatchedDirectories) {
    self.spool = spool
    self.directories = directories
  }

  /// Notes that a dataset's page may be out of date.
  func noteChanged(_ dataset: Name) { due.insert(dataset) }

  /// True while pages are to be written.
  var isBusy: Bool { !due.isEmpty }

  /// Notes that all pages may be out of date, after a restart.
  func resume(_ turn: Turn) { due = Set(turn.state.datasets.keys) }

  /// True if there was no time for all pages.
  var isBehind: Bool { last != nil }

  /// Writes the pages that are due, as many as the turn has time for. With `isDue`, at most once a
  /// second, it looks at all that may have changed. If a page cannot be written, a later call tries
  /// again.
  func write(isDue: Bool, isLast: Bool, _ turn: Turn) {
    if isDue {
      // These pages also change without a record: with unfinished files and with waiting tasks.
      due.formUnion(turn.state.watched)
      for task in turn.state.liveTasks { due.formUnion(task.spec.inputDatasets) }
    }
    let budget = turn.budget()
    let names = due.sorted().rotated(after: last)
    last = nil
    for (number, name) in names.prefix(isLast ? .max : Self.mostAtOnce).enumerated() {
      if number > 0, budget.isOver {
        last = names[number - 1]
        return
      }
      do throws(FileError) {
        try write(name, turn)
        due.remove(name)
      } catch {
        turn.note(error)
        return
      }
    }
  }

  private func write(_ name: Name, _ turn: Turn) throws(FileError) {
    guard let dataset = turn.state.datasets[name] else { return }
    let page = DatasetPage(
      dataset: dataset, state: turn.state, placement: turn.placement,
      directories: directories.directories(of: dataset))
    let text = page.text
    let hash = text.hashValue
    guard written[name] != hash else { return }
    try spool.write(text, to: .dataset(name))
    written[name] = hash
  }
}
