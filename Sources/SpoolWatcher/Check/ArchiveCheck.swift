internal import SpoolModel
internal import SpoolStore

/// The check of the archive. In come the state and the directories; out go findings. It checks that
/// the archive of everything packed is there, that nothing of it lies elsewhere, and that nothing
/// is left of tasks that the journal does not know.
struct ArchiveCheck {
  typealias Finding = SpoolCheck.Finding

  private let spool: Spool
  private let state: SpoolState

  init(_ spool: Spool, _ state: SpoolState) {
    self.spool = spool
    self.state = state
  }

  /// Returns all findings about archives.
  func findings() throws(FileError) -> [Finding] {
    try archives() + remains()
  }

  private func archives() throws(FileError) -> [Finding] {
    var findings: [Finding] = []
    let names = try spool.namesIfPresent(in: .archives) ?? []
    for text in names where !text.hasPrefix(".") {
      let unit = Name(text)
      if let unit, state.packed[unit]?.name == unit { continue }
      let isDue = unit.map { state.tasks[$0] != nil || state.chains[$0] != nil } ?? false
      findings.append(
        isDue
          ? Finding(.pending, at: "archive/\(text)", "does not count yet; it will be made anew")
          : Finding(.foreign, at: "archive/\(text)", "is of no task that the journal knows"))
    }
    for entry in state.packedUnits where entry.phase != .removing {
      let parts = try spool.namesIfPresent(in: .archive(entry.name)) ?? []
      for name in entry.names where !parts.contains(ArchivePart.page.name(name)) {
        let place = "archive/\(entry.name)/\(ArchivePart.page.name(name))"
        findings.append(Finding(.wrong, at: place, "is not there"))
      }
    }
    return findings
  }

  /// Returns findings about files, in the directories of tasks, whose task is packed or unknown.
  private func remains() throws(FileError) -> [Finding] {
    var findings: [Finding] = []
    let rooms: [(Spool.Room, [String])] = [
      (.done, ["", ".json"]), (.failed, ["", ".json"]), (.ledgers, [".jsonl"]), (.logs, [""]),
    ]
    for (room, suffixes) in rooms {
      let names = try spool.names(in: room, fresh: true)
      for text in names where !text.hasPrefix(".") {
        guard let name = Self.task(text, suffixes) else { continue }
        findings += remain(name, spool.place(of: text, in: room))
      }
    }
    return findings
  }

  private static func task(_ text: String, _ suffixes: [String]) -> Name? {
    for suffix in suffixes where text.hasSuffix(suffix) {
      if let name = Name(text.dropLast(suffix.count)) { return name }
    }
    return nil
  }

  private func remain(_ name: Name, _ place: String) -> [Finding] {
    if state.tasks[name] != nil || state.chains[name] != nil { return [] }
    guard let entry = state.packed[name] else {
      return [Finding(.foreign, at: place, "is of no task that the journal knows")]
    }
    guard entry.phase == .kept else {
      return [Finding(.pending, at: place, "is of a packed task, and is yet to be removed")]
    }
    // A directory stays if somebody has put a file of their own in it.
    let isFile = place.hasSuffix(".json") || place.hasSuffix(".jsonl")
    return [Finding(isFile ? .wrong : .foreign, at: place, "is left of a task that is packed")]
  }
}
