internal import SpoolModel
internal import SpoolStore

/// The look at the pilots: their heartbeats and claims. With many pilots a look sees a part of them,
/// and the next look another.
struct PilotFollower {
  private struct Seen {
    var beat: Int64
    var mark: DirectoryMark?
    /// Looks since the mark changed.
    var age = 0
  }

  private var seen: [PilotName: Seen] = [:]
  private var next = 0
  private var missing: Set<PilotName> = []

  /// Pilots that a look sees.
  static let most = 250
  /// Looks for which a directory is listed after a change: a mark may stay though more changes.
  private static let blur = 4

  /// What a look has found.
  struct Changes {
    var changed: Set<PilotName> = []
    var gone: Set<PilotName> = []
  }

  /// Looks at the pilots, and changes their rows.
  mutating func look(
    _ spool: Spool, names list: () throws(FileError) -> [PilotName],
    _ rows: inout [PilotName: PilotRow]
  ) throws(FileError) -> Changes {
    let names = try list().sorted()
    var changes = Changes()
    let absent = Set(rows.keys).subtracting(names)
    for name in absent where missing.contains(name) {
      rows[name] = nil
      seen[name] = nil
      changes.gone.insert(name)
    }
    missing = absent
    if next >= names.count { next = 0 }
    let part = names[next...].prefix(Self.most)
    next += part.count
    for name in part {
      var row = rows[name] ?? PilotRow(name: name)
      try look(at: name, spool, &row)
      guard row != rows[name] else { continue }
      let isNews = names.count <= Self.most / 5 || Self.isNews(rows[name], row)
      rows[name] = row
      if isNews { changes.changed.insert(name) }
    }
    return changes
  }

  /// Returns true for a change that viewers are told of: with many pilots, not each heartbeat.
  private static func isNews(_ old: PilotRow?, _ new: PilotRow) -> Bool {
    guard var old else { return true }
    old.beat = new.beat
    old.record?.counter = new.record?.counter ?? 0
    return old != new
  }

  private mutating func look(
    at name: PilotName, _ spool: Spool, _ row: inout PilotRow
  ) throws(FileError) {
    var known = seen[name] ?? Seen(beat: 0)
    if let beat = try spool.attributes(ofHeartbeat: name) {
      if beat.modified != known.beat, let record = spool.heartbeat(of: name) {
        row.record = record
        row.beat = beat.modifiedAt
        known.beat = beat.modified
      }
    }
    let mark: DirectoryMark
    do throws(FileError) {
      mark = try spool.mark(of: .pilot(name))
    } catch {
      // It has just left.
      if error.isMissing { return }
      throw error
    }
    known.age = mark == known.mark ? known.age + 1 : 0
    known.mark = mark
    if known.age < Self.blur, let directory = try spool.directory(of: name) {
      row.claims = directory.claims.sorted { $0.job < $1.job }
      row.hasDrain = directory.hasDrain
      row.hasQuarantine = directory.hasQuarantine
    }
    seen[name] = known
  }
}
