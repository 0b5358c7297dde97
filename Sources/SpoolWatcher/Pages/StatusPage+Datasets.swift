internal import SpoolModel
internal import SpoolStore

/// The sections of `STATUS` about datasets: watched directories, and removals.
extension StatusPage {
  /// Returns the section about watched directories.
  func watchedLines(_ turn: Turn) -> [String] {
    var rows = [["dataset", "directory", "files", "unfinished", "waits"]]
    for name in turn.state.watched.sorted() {
      guard let dataset = turn.state.datasets[name] else { continue }
      for directory in directories.directories(of: dataset) {
        let entry = dataset.watches[directory.number]
        rows.append([
          name.text, directory.watch.directory.printable(Self.longestPath), "\(entry.files)",
          "\(directory.pending)", waits(dataset, entry, directory),
        ])
      }
    }
    guard rows.count > 1 else { return [] }
    let more = rows.count - 1 - Self.mostRows
    return ["", "WATCHED directories, whose files join datasets"]
      + TextTable.lines(Array(rows.prefix(Self.mostRows + 1))).map { "  " + $0 }
      + (more > 0 ? ["  … and \(more) more"] : [])
  }

  private static let longestPath = 80

  private func waits(
    _ dataset: DatasetEntry, _ entry: WatchEntry, _ directory: WatchedDirectory
  ) -> String {
    if let trouble = directory.trouble {
      return "\(directory.watch.directory) \(trouble)".printable(300)
    }
    var more = directory.unreadable > 0 ? "; \(directory.unreadable) names are not UTF-8" : ""
    if directory.unprintable.count > 0 {
      more +=
        "; \(directory.unprintable.count) names hold control characters, as "
        + "\"\(directory.unprintable.first)\": rename them"
    }
    return waits(dataset, entry, isThrough: directory.isThrough) + more
  }

  private func waits(_ dataset: DatasetEntry, _ entry: WatchEntry, isThrough: Bool) -> String {
    if dataset.closesSince != nil {
      return isThrough ? "to be closed" : "for what is unfinished, then a last look"
    }
    guard let marker = entry.watch.closeOn else {
      return "for files, until `spool dataset close \(dataset.name)`"
    }
    return entry.marked == nil ? "for \(marker.printable())" : "for the other directories"
  }

  /// Returns the section about datasets whose files are being removed.
  func deletedLines(_ turn: Turn) -> [String] {
    let names = turn.state.removing.sorted()
    guard !names.isEmpty else { return [] }
    let rows = names.prefix(Self.mostRows).compactMap { name -> String? in
      guard let dataset = turn.state.datasets[name] else { return nil }
      let what = dataset.state == .deleting ? "is being deleted" : "has files removed"
      return "  \(name) \(what): \(dataset.removal.files) files so far"
    }
    return ["", "REMOVING files of datasets"] + rows
  }
}
