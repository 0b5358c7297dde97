public import SpoolModel
public import SpoolStore

/// The pilots of a spool, by their directories below `running/`.
public struct PilotListing {
  let spool: Spool

  /// Makes the listing of a spool.
  public init(_ spool: Spool) { self.spool = spool }

  /// A pilot, by its directory.
  public struct Entry: Sendable {
    /// The name.
    public var name: PilotName
    /// The pilot's record; nil if it cannot be read now, because the pilot has just come, or is
    /// about to go.
    public var record: PilotRecord?
    /// The time at which the pilot last wrote its record, by the clock of the filesystem: all
    /// readers see the same.
    public var beat: Timestamp?
    /// The time since then, by this host's clock. Clocks that differ make it wrong by as much.
    public var age: Duration?
    /// The job for which it is to keep room.
    public var reservation: Reservation?
    /// The jobs that it has claimed.
    public var claims: [JobName] = []
  }

  /// Returns all pilots, by name.
  public func pilots() throws(FileError) -> [Entry] {
    let now = SystemTime().timestamp
    var entries: [Entry] = []
    for name in try spool.running(fresh: true).pilots.sorted() {
      guard let directory = try spool.directory(of: name) else { continue }
      var entry = Entry(name: name, record: spool.heartbeat(of: name))
      entry.claims = directory.claims
      entry.beat = try spool.heartbeatTime(of: name)
      entry.age = entry.beat.map { max(.zero, now - $0) }
      // The files that tell it to leave or to stand by count, though it may not have seen them yet.
      if directory.hasDrain {
        entry.record?.state = .draining
      } else if directory.hasQuarantine, entry.record?.state == .active {
        entry.record?.state = .quarantined
        entry.record?.reason = try spool.quarantineText(of: name).map(PilotRecord.reason)
      }
      if directory.hasReserve { entry.reservation = try reservation(of: name) }
      entries.append(entry)
    }
    return entries
  }

  /// Returns the job for which a pilot is to keep room.
  public func reservation(of pilot: PilotName) throws(FileError) -> Reservation? {
    guard case .read(let reservation) = try spool.reserveOrder(of: pilot) else { return nil }
    return reservation
  }

  /// Returns the pilots that words name, each once: by their names, or by their hosts.
  public func named(_ words: [String]) throws -> [PilotName] {
    let pilots = try pilots()
    var names: [PilotName] = []
    for word in words {
      let exact = pilots.filter { $0.name.text == word }
      let found = exact.isEmpty ? pilots.filter { $0.record?.host == word } : exact
      guard !found.isEmpty else { throw Self.missing(word, among: pilots) }
      names += found.map(\.name).filter { !names.contains($0) }
    }
    return names
  }

  private static func missing(_ word: String, among pilots: [Entry]) -> Failure {
    let known = pilots.map(\.name.text) + Set(pilots.compactMap { $0.record?.host }).sorted()
    let advice = Nearest.question(word, among: known) ?? "`spool pilots` lists them"
    return Failure(.missing, "there is no pilot or host \"\(word)\"; \(advice)")
  }
}

extension PilotListing.Entry {
  /// The heading of the table.
  public static let columns = [
    "pilot", "host", "state", "cores", "memory", "gpus", "jobs", "heartbeat", "version", "tags",
    "ends", "reason",
  ]

  /// The pilot as cells of a table.
  public var row: [String] {
    let age = age.map { Units.text($0) + " ago" } ?? ""
    guard let record else { return [name.text, "", "?", "", "", "", "", age, "", "", "", ""] }
    return [
      name.text, record.host, record.state.rawValue,
      "\(record.cpus - record.freeCpus) of \(record.cpus)",
      "\(Units.text(bytes: record.memory - record.freeMemory)) of "
        + "\(Units.text(bytes: record.memory))",
      record.gpus == 0 ? "" : "\(record.gpus - record.freeGpus) of \(record.gpus)",
      "\(record.jobs)", age, record.version,
      record.tags.joined(separator: "+"), record.ends.map(\.description) ?? "",
      record.reason ?? reservation?.words ?? "",
    ]
  }

  /// Returns how the pilot is; `deadAfter` is the silence after which it counts as lost.
  public func condition(deadAfter: Duration) -> PilotCondition {
    // The record has the state that the files in the directory ask for.
    PilotCondition(
      record, hasDrain: false, hasQuarantine: false, age: age, deadAfter: deadAfter)
  }

  /// The pilot's own record, with the time at which it was written.
  public var json: JSON {
    var object = record?.json.object ?? JSONObject([.init("pilot", .string(name.text))])
    if let beat { object["heartbeat"] = beat.json }
    if let age { object["age"] = .integer(age.milliseconds) }
    if let reservation { object["keeps"] = .string(reservation.job.job.description) }
    return .object(object)
  }
}
