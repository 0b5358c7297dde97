internal import SpoolModel
internal import SpoolStore

/// Tells which requests in `incoming/` are whole. In come looks at files; out goes true or false.
/// People drop requests with plain `cp`, so the watcher may see a file half-written.
final class IncomingFiles {
  /// A look at a file that is not whole yet.
  private struct Look {
    var attributes: FileAttributes
    /// The time since which it has not changed.
    var since: Instant
    /// The time of the first look.
    var first: Instant
  }

  /// The time for which a file must not change to count as whole, if no event says that it was
  /// closed. It is longer than network mounts cache attributes (R9).
  static let still = Duration.seconds(5)
  /// The same time for an empty file.
  static let stillEmpty = Duration.seconds(10)
  /// The time after which pages show that a file is still being written.
  static let slow = Duration.seconds(2)

  private let spool: Spool
  private var looks: [String: Look] = [:]

  init(_ spool: Spool) {
    self.spool = spool
  }

  /// True while no file is half-written.
  var isEmpty: Bool { looks.isEmpty }

  /// Returns true while a file is being written that a dataset must wait for before it closes. A
  /// file that takes longer than the wait for a dataset holds up no other (R10).
  func holdsUp(at now: Instant) -> Bool {
    let first = now - spool.config.datasetWait
    return looks.values.contains { $0.first > first }
  }

  /// Returns the files that have been written for a while, for people. Files that are written at
  /// once are not shown.
  func slow(at now: Instant) -> [Spool.Foreign] {
    looks.filter { now - $0.value.first >= Self.slow }.keys.sorted().map {
      Spool.Foreign(name: $0, why: "still being written")
    }
  }

  /// Drops files that are gone.
  func keep(only names: [String]) {
    guard !looks.isEmpty else { return }
    let names = Set(names)
    looks = looks.filter { names.contains($0.key) }
  }

  /// Returns true if a file is whole: it was closed, or parses as JSON, or has not changed for a
  /// while.
  func look(at dropped: Spool.Dropped, closed: Bool, at now: Instant) throws(FileError) -> Bool {
    if closed, dropped.attributes.size > 0 { return finish(dropped.name) }
    let look = looks[dropped.name]
    if let look, look.attributes == dropped.attributes {
      let wait = dropped.attributes.size == 0 ? Self.stillEmpty : Self.still
      return now - look.since >= wait ? finish(dropped.name) : false
    }
    looks[dropped.name] = Look(
      attributes: dropped.attributes, since: now, first: look?.first ?? now)
    // Half an object does not parse, so one that parses is whole. Half of a file of lines may
    // parse.
    guard dropped.name.hasSuffix(".json"), let bytes = try peek(dropped.name) else { return false }
    return (try? JSON.parse(bytes)) != nil ? finish(dropped.name) : false
  }

  /// Ends the looks at a file that is whole. Returns true.
  private func finish(_ name: String) -> Bool {
    looks[name] = nil
    return true
  }

  private func peek(_ name: String) throws(FileError) -> [UInt8]? {
    do throws(FileError) {
      return try spool.peek(name)
    } catch {
      // A file that cannot be read is refused with that reason, once it has not changed for a
      // while.
      return nil
    }
  }
}
