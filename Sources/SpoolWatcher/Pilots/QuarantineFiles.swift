internal import SpoolModel
internal import SpoolStore

/// The quarantine files that this watcher writes into pilots' directories, and removes. In come
/// decisions; the files change after the commit.
final class QuarantineFiles {
  /// A quarantine file that this watcher wants to exist.
  private struct Entry {
    var text: String
    var isWritten = false
    /// True if an earlier text was written. If the file is absent then, a person has released the
    /// pilot.
    var wasWritten = false
  }

  private let spool: Spool
  private var entries: [PilotName: Entry] = [:]
  /// Pilots whose quarantine file is to be removed.
  private var lifted: Set<PilotName> = []
  private var trouble = ""

  init(_ spool: Spool) {
    self.spool = spool
  }

  /// Puts a pilot into quarantine, or changes the reason.
  func set(_ pilot: PilotName, _ text: String) {
    lifted.remove(pilot)
    entries[pilot] = Entry(text: text, wasWritten: entries[pilot]?.isWritten ?? false)
  }

  /// Takes over a file that a former watcher wrote.
  func adopt(_ pilot: PilotName, _ text: String) {
    entries[pilot] = Entry(text: text, isWritten: true, wasWritten: true)
  }

  /// Takes a pilot out of quarantine.
  func lift(_ pilot: PilotName) {
    entries[pilot] = nil
    lifted.insert(pilot)
  }

  /// Returns the reason for which this watcher has a pilot in quarantine; nil if it has not.
  func reason(of pilot: PilotName) -> String? {
    entries[pilot].map { PilotRecord.reason($0.text) }
  }

  /// True while files are to be written or removed.
  var hasWork: Bool { !lifted.isEmpty || entries.values.contains { !$0.isWritten } }

  /// Writes and removes the files as decided. If the filesystem refuses one, the next call tries
  /// again.
  func act(_ turn: Turn) throws {
    guard hasWork else { return }
    try turn.checkLeaseOnce()
    for (pilot, entry) in entries where !entry.isWritten {
      attempt(turn) { () throws(FileError) in try write(pilot, entry) }
    }
    for pilot in lifted {
      attempt(turn) { () throws(FileError) in
        _ = try spool.release(pilot)
        lifted.remove(pilot)
      }
    }
  }

  private func attempt(_ turn: Turn, _ body: () throws(FileError) -> Void) {
    do throws(FileError) {
      try body()
    } catch {
      if trouble != "\(error)" { turn.say("\(error)") }
      trouble = "\(error)"
    }
  }

  private func write(_ pilot: PilotName, _ entry: Entry) throws(FileError) {
    do throws(FileError) {
      // If a person removed the file, it stays removed.
      var isGone = false
      if entry.wasWritten { isGone = try spool.isQuarantineGone(from: pilot) }
      if !isGone { try spool.quarantine(pilot, entry.text) }
      entries[pilot]?.isWritten = true
    } catch {
      // The pilot has left.
      guard error.isMissing else { throw error }
      entries[pilot] = nil
    }
  }

  /// Removes and returns the pilots whose file a person removed.
  func takeReleased() -> [PilotName] {
    let released = entries.filter { $0.value.isWritten }.keys.filter { pilot in
      (try? spool.isQuarantineGone(from: pilot)) == true
    }
    for pilot in released { entries[pilot] = nil }
    return released.sorted()
  }

  /// Drops the file of a pilot that is gone: its directory went with it.
  func noteGone(_ pilot: PilotName) {
    entries[pilot] = nil
    lifted.remove(pilot)
  }
}
