internal import SpoolModel
internal import SpoolStore

/// Tells which requests in `incoming/` are whole: people drop with plain `cp`, so a file may be seen
/// half-written.
final class IncomingFiles {
  private struct Look {
    var attributes: FileAttributes
    /// The time since when it has stood still.
    var since: Instant
    /// When it was seen first.
    var first: Instant
  }

  /// How long a file must stand still where no event says that it was closed: longer than network
  /// mounts cache attributes.
  static let still = Duration.seconds(5)
  static let stillEmpty = Duration.seconds(10)
  /// After how long it is said that a file is still being written.
  static let slow = Duration.seconds(2)

  private let spool: Spool
  private let turn: Turn
  private var looks: [String: Look] = [:]

  init(_ spool: Spool, _ turn: Turn) {
    self.spool = spool
    self.turn = turn
  }

  var isEmpty: Bool { looks.isEmpty }

  /// Whether something is being written that a dataset must wait for before it closes: what is
  /// written for longer than one waits for a dataset holds no other up (R10).
  var holdsUp: Bool {
    let first = turn.now - spool.config.datasetWait
    return looks.values.contains { $0.first > first }
  }

  /// What is being written, for people: of what is written at once nobody needs to know.
  var slow: [Spool.Foreign] {
    let now = turn.now
    return looks.filter { now - $0.value.first >= Self.slow }.keys.sorted().map {
      Spool.Foreign(name: $0, why: "still being written")
    }
  }

  /// Forgets files that have gone.
  func keep(only names: [String]) {
    guard !looks.isEmpty else { return }
    let names = Set(names)
    looks = looks.filter { names.contains($0.key) }
  }

  /// Whether a file is whole: it was closed, or reads as JSON, or has stood still.
  func isComplete(_ dropped: Spool.Dropped, closed: Bool) throws(FileError) -> Bool {
    if closed, dropped.attributes.size > 0 { return forget(dropped.name) }
    let now = turn.now
    let look = looks[dropped.name]
    if let look, look.attributes == dropped.attributes {
      let wait = dropped.attributes.size == 0 ? Self.stillEmpty : Self.still
      return now - look.since >= wait ? forget(dropped.name) : false
    }
    looks[dropped.name] = Look(
      attributes: dropped.attributes, since: now, first: look?.first ?? now)
    // A half-written object does not parse, so one that parses is whole; lines may be.
    guard dropped.name.hasSuffix(".json"), let bytes = try peek(dropped.name) else { return false }
    return (try? JSON.parse(bytes)) != nil ? forget(dropped.name) : false
  }

  private func forget(_ name: String) -> Bool {
    looks[name] = nil
    return true
  }

  private func peek(_ name: String) throws(FileError) -> [UInt8]? {
    do throws(FileError) {
      return try spool.peek(name)
    } catch {
      // What cannot be read is refused, with that reason, when it has stood still.
      return nil
    }
  }
}
