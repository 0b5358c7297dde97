internal import SpoolModel
internal import SpoolStore

/// The quarantine files that this watcher writes into pilots' directories, and removes. What is
/// decided here is done after the commit.
final class QuarantineFiles {
  private struct Entry {
    var text: String
    var isWritten = false
    /// Whether the file was there before, so that its absence means a release.
    var wasWritten = false
  }

  private let spool: Spool
  private let turn: Turn
  private var entries: [PilotName: Entry] = [:]
  /// Files that are to go.
  private var lifted: Set<PilotName> = []
  private var trouble = ""

  init(_ spool: Spool, _ turn: Turn) {
    self.spool = spool
    self.turn = turn
  }

  /// Sets a pilot aside, or says why anew.
  func set(_ pilot: PilotName, _ text: String) {
    lifted.remove(pilot)
    entries[pilot] = Entry(text: text, wasWritten: entries[pilot]?.isWritten ?? false)
  }

  /// Takes over a file that a former watcher wrote.
  func adopt(_ pilot: PilotName, _ text: String) {
    entries[pilot] = Entry(text: text, isWritten: true, wasWritten: true)
  }

  func lift(_ pilot: PilotName) {
    entries[pilot] = nil
    lifted.insert(pilot)
  }

  /// Why a pilot is set aside; nil where this watcher did not do it.
  func reason(of pilot: PilotName) -> String? {
    entries[pilot].map { PilotRecord.reason($0.text) }
  }

  var hasWork: Bool { !lifted.isEmpty || entries.values.contains { !$0.isWritten } }

  /// Writes and removes what was decided. What the filesystem refuses is tried again.
  func act() throws {
    guard hasWork else { return }
    try turn.checkLeaseOnce()
    for (pilot, entry) in entries where !entry.isWritten {
      attempt { () throws(FileError) in try write(pilot, entry) }
    }
    for pilot in lifted {
      attempt { () throws(FileError) in
        _ = try spool.release(pilot)
        lifted.remove(pilot)
      }
    }
  }

  private func attempt(_ body: () throws(FileError) -> Void) {
    do throws(FileError) {
      try body()
    } catch {
      if trouble != "\(error)" { turn.say("\(error)") }
      trouble = "\(error)"
    }
  }

  private func write(_ pilot: PilotName, _ entry: Entry) throws(FileError) {
    do throws(FileError) {
      // What somebody has taken back stays so.
      var isGone = false
      if entry.wasWritten { isGone = try spool.isGone(spool.layout.quarantine(pilot)) }
      if !isGone { try spool.quarantine(pilot, entry.text) }
      entries[pilot]?.isWritten = true
    } catch {
      // The pilot has left.
      guard error.isMissing else { throw error }
      entries[pilot] = nil
    }
  }

  /// Forgets the pilots whose file a person removed, and returns them.
  func forgetReleased() -> [PilotName] {
    let released = entries.filter { $0.value.isWritten }.keys.filter { pilot in
      (try? spool.isGone(spool.layout.quarantine(pilot))) == true
    }
    for pilot in released { entries[pilot] = nil }
    return released.sorted()
  }

  /// The pilot is gone.
  func forget(_ pilot: PilotName) {
    entries[pilot] = nil
    lifted.remove(pilot)
  }
}
