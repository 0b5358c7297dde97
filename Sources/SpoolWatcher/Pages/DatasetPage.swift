internal import SpoolModel
internal import SpoolStore

/// The page of a dataset for people and commands: `datasets/NAME.json`. In comes the state; out
/// goes JSON.
struct DatasetPage {
  let dataset: DatasetEntry
  let state: SpoolState
  let placement: Placement
  let directories: [WatchedDirectory]

  /// The text of the page.
  var text: [UInt8] {
    var object = JSONObject([
      .init("format", 1), .init("kind", "dataset-summary"),
      .init("dataset", .string(dataset.name.text)), .init("state", .string(dataset.state.rawValue)),
      .init("files", .integer(dataset.files)), .init("bytes", .integer(dataset.bytes)),
    ])
    if dataset.sized < dataset.files {
      object["unsized"] = .integer(dataset.files - dataset.sized)
    }
    if let expected = dataset.expected { object["expected"] = .integer(expected) }
    if dataset.state == .open, let closing = dataset.closesSince {
      object["closing"] = closing.json
    }
    if !dataset.watches.isEmpty { object["watches"] = watches }
    object["producers"] = tasks(dataset.producers)
    object["consumers"] = tasks(state.readers[dataset.name] ?? [])
    if let retention { object["retention"] = .string(retention.text) }
    if dataset.removal.files > 0 || dataset.isDeleted {
      object["removed"] = [
        "files": .integer(dataset.removal.files), "bytes": .integer(dataset.removal.bytes),
      ]
    }
    return JSON.object(object).pretty
  }

  private func tasks(_ names: Set<Name>) -> JSON {
    .array(
      names.sorted().map { name in
        let state = state.tasks[name].map(placement.status) ?? .done
        return ["task": .string(name.text), "state": .string(state.rawValue)]
      })
  }

  /// The retention that the page shows; nil if the files are kept for ever.
  private var retention: Retention? {
    dataset.retention == .forever ? nil : dataset.retention
  }

  private var watches: JSON {
    .array(
      dataset.watches.enumerated().map { number, entry in
        var object = JSONObject([
          .init("directory", .string(entry.watch.directory)),
          .init("pattern", .string(entry.watch.pattern.text)),
        ])
        if let marker = entry.watch.closeOn { object["closeOn"] = .string(marker) }
        object["files"] = .integer(entry.files)
        if let marked = entry.marked { object["marked"] = marked.json }
        guard dataset.state == .open,
          let directory = directories.first(where: { $0.number == number })
        else { return .object(object) }
        object["pending"] = .integer(directory.pending)
        if let trouble = directory.trouble { object["trouble"] = .string(trouble) }
        return .object(object)
      })
  }
}

/// Writes the pages of datasets that may have changed, a limited number at a time.
final class DatasetPages {
  private let spool: Spool
  private let turn: Turn
  private let directories: WatchedDirectories
  private var due: Set<Name> = []
  /// The hash of the text that was written last, by dataset.
  private var written: [Name: Int] = [:]

  /// The largest number of pages that are written at once.
  static let mostAtOnce = 500

  init(_ spool: Spool, _ turn: Turn, directories: WatchedDirectories) {
    self.spool = spool
    self.turn = turn
    self.directories = directories
  }

  /// Notes that a dataset's page may be out of date.
  func noteChanged(_ dataset: Name) { due.insert(dataset) }

  /// True while pages are to be written.
  var isBusy: Bool { !due.isEmpty }

  /// Notes that all pages may be out of date, after a restart.
  func resume() { due = Set(turn.state.datasets.keys) }

  /// Writes the pages that are due. Called at most once a second, after a commit. If a page cannot
  /// be written, a later call tries again.
  func write(isLast: Bool) {
    // These pages also change without a record: with unfinished files and with waiting tasks.
    due.formUnion(turn.state.watched)
    for task in turn.state.liveTasks { due.formUnion(task.spec.inputDatasets) }
    for name in due.sorted().prefix(isLast ? .max : Self.mostAtOnce) {
      do throws(FileError) {
        try write(name)
        due.remove(name)
      } catch {
        turn.note(error)
        return
      }
    }
  }

  private func write(_ name: Name) throws(FileError) {
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
