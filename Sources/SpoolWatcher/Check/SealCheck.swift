internal import SpoolModel
internal import SpoolStore

/// The check of files that bear seals, and that nobody may read for long: pages, kept job files,
/// copies of catalogues, archives. In come the state and the directories; out go findings.
struct SealCheck {
  typealias Finding = SpoolCheck.Finding

  private let spool: Spool
  private let state: SpoolState

  init(_ spool: Spool, _ state: SpoolState) {
    self.spool = spool
    self.state = state
  }

  /// Returns all findings about seals.
  func findings() throws(FileError) -> [Finding] {
    try copies() + pages() + jobFiles() + archives()
  }

  private func copies() throws(FileError) -> [Finding] {
    var findings: [Finding] = []
    for dataset in state.datasets.values {
      for (view, length) in dataset.copied {
        let places = try spool.damage(inCopyOf: view, to: length, most: SpoolCheck.mostPlaces)
        findings += places.map {
          Finding(
            .wrong, at: spool.place(ofCopy: view),
            "byte \($0): a line is not as it was written; see \"spool recover\"")
        }
      }
    }
    return findings
  }

  private func pages() throws(FileError) -> [Finding] {
    let tasks = state.tasks.values.map { ($0.name, $0.state) }
    let chains = state.chains.values.map { ($0.name, state.state(of: $0)) }
    var findings: [Finding] = []
    for (name, state) in tasks + chains where state.hasEnded {
      findings += try page(.ended(name, failed: state != .done))
    }
    for name in state.datasets.keys { findings += try page(.dataset(name)) }
    return findings
  }

  private func page(_ page: Spool.Page) throws(FileError) -> [Finding] {
    if try spool.isWhole(page, whereMissing: true) { return [] }
    let message = "is not as it was written; without it, the next watcher writes it anew"
    return [Finding(.wrong, at: spool.place(of: page), message)]
  }

  private func jobFiles() throws(FileError) -> [Finding] {
    var findings: [Finding] = []
    for task in state.tasks.values {
      for file in try spool.registeredFiles(of: task.name) where try !spool.isWhole(file) {
        findings.append(
          Finding(.wrong, at: file.place, "is not as it was written; the ledger says what counts"))
      }
    }
    return findings
  }

  private func archives() throws(FileError) -> [Finding] {
    var findings: [Finding] = []
    for entry in state.packedUnits where entry.phase != .removing {
      for name in entry.names {
        for part in try damagedParts(of: name, in: entry.name) {
          let place = spool.place(of: part.name(name), in: .archive(entry.name))
          findings.append(Finding(.wrong, at: place, "is not as it was written"))
        }
      }
    }
    return findings
  }

  private func damagedParts(of task: Name, in unit: Name) throws(FileError) -> [ArchivePart] {
    var parts: [ArchivePart] = []
    for part in [ArchivePart.page, .jobs]
    where try !spool.isWhole(archived: part, of: task, in: unit) {
      parts.append(part)
    }
    // Its page says how many attempts the ledger has: it may be cut at a line's end.
    let page = parts.contains(.page) ? nil : spool.readPackedPage(task).flatMap { TaskSummary($0) }
    let lines = try spool.lines(ofLedger: task, archivedIn: unit)
    if lines == nil || page.map({ $0.attempts != lines }) == true { parts.append(.ledger) }
    return parts
  }
}
