internal import SpoolModel
internal import SpoolStore

/// What is written of a dataset for people and commands: `datasets/NAME.json`.
struct DatasetPage {
  let dataset: DatasetEntry
  let state: WatcherState
  let buffers: [Buffer]

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
      object["closing"] = .integer(closing)
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
        let state = state.tasks[name]?.state ?? .done
        return ["task": .string(name.text), "state": .string(state.rawValue)]
      })
  }

  /// How long what tasks make for it is kept, where one says so.
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
        if let marked = entry.marked { object["marked"] = .integer(marked) }
        guard dataset.state == .open, let buffer = buffers.first(where: { $0.number == number })
        else { return .object(object) }
        object["pending"] = .integer(buffer.pending)
        if let trouble = buffer.trouble { object["trouble"] = .string(trouble) }
        return .object(object)
      })
  }
}

/// Writes the pages of datasets: those that may have changed, so many at a time.
final class DatasetPages {
  private let books: Books
  private let buffers: BufferIntake
  private var due: Set<Name> = []
  /// What was written last, by hash.
  private var written: [Name: Int] = [:]

  static let mostAtOnce = 500

  init(_ books: Books, buffers: BufferIntake) {
    self.books = books
    self.buffers = buffers
  }

  /// Whether some are to be written.
  var isBusy: Bool { !due.isEmpty || !books.state.touched.isEmpty }

  /// After a restart all may be out of date.
  func resume() { due = Set(books.state.datasets.keys) }

  /// To be called at most once a second, after a commit. What cannot be written is tried again.
  func write(isLast: Bool) {
    due.formUnion(books.state.takeTouched())
    // Of these more changes than the journal says.
    due.formUnion(books.state.watched)
    for task in books.state.liveTasks { due.formUnion(task.spec.inputDatasets) }
    for name in due.sorted().prefix(isLast ? .max : Self.mostAtOnce) {
      do throws(FileError) {
        try write(name)
        due.remove(name)
      } catch {
        books.troubles.note(error)
        return
      }
    }
  }

  private func write(_ name: Name) throws(FileError) {
    guard let dataset = books.state.datasets[name] else { return }
    let page = DatasetPage(
      dataset: dataset, state: books.state, buffers: buffers.buffers(of: dataset))
    let text = page.text
    let hash = text.hashValue
    guard written[name] != hash else { return }
    try books.spool.writePage(books.spool.layout.datasetPage(name), text)
    written[name] = hash
  }
}
