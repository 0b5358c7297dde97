public import SpoolModel

/// The findings of one reading of a pilot's directory.
public struct PilotDirectory: Sendable {
  /// The jobs that the pilot has claimed.
  public var claims: [JobName]
  /// True where the pilot is told to leave.
  public var hasDrain: Bool
  /// True where the pilot is set aside.
  public var hasQuarantine: Bool
  /// True where the pilot is to keep room for a job.
  public var hasReserve: Bool
  /// True where something lies in it that is no pilot's.
  public var hasForeign: Bool

  static let drain = "drain"
  static let quarantine = "quarantine"
  static let reserve = "reserve"

  /// Returns true for a name that belongs in a pilot's directory, claims apart.
  public static func isOwn(_ name: String) -> Bool {
    name == "pilot.json" || [drain, quarantine, reserve].contains(name) || name.hasSuffix(".log")
  }

  /// Returns true for a file that is to become an order.
  static func isUnfinished(_ name: String) -> Bool {
    name == ".\(quarantine)" || name == ".\(reserve)"
  }
}

/// `running/PILOT/`: orders to a pilot, each a file in its directory.
extension Spool {
  /// Reads a pilot's directory; nil where it is gone.
  public func directory(of pilot: PilotName) throws(FileError) -> PilotDirectory? {
    guard let names = try listIfPresent(layout.pilot(pilot))?.names else { return nil }
    let claims = names.compactMap { JobName(fileName: $0) }
    let own = names.count { PilotDirectory.isOwn($0) || PilotDirectory.isUnfinished($0) }
    return PilotDirectory(
      claims: claims, hasDrain: names.contains(PilotDirectory.drain),
      hasQuarantine: names.contains(PilotDirectory.quarantine),
      hasReserve: names.contains(PilotDirectory.reserve),
      hasForeign: claims.count + own < names.count)
  }

  /// Tells a pilot to leave once its jobs have ended.
  public func drain(_ pilot: PilotName) throws(FileError) {
    do throws(FileError) {
      try files.create(layout.drain(pilot), [], durable: false)
    } catch {
      guard error.isOccupied else { throw error }
    }
  }

  /// Sets a pilot aside. The first line of the text is the reason, for people.
  public func quarantine(_ pilot: PilotName, _ text: String) throws(FileError) {
    try files.replace(layout.quarantine(pilot), Array((text + "\n").utf8))
  }

  /// Returns the text with which a pilot was set aside; nil where it is not.
  public func quarantineText(of pilot: PilotName) throws(FileError) -> String? {
    try files.readIfPresent(layout.quarantine(pilot), limit: 64 << 10).map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  /// Takes the quarantine back. Returns false where there was none.
  public func release(_ pilot: PilotName) throws(FileError) -> Bool {
    try removeOrder(layout.quarantine(pilot))
  }

  /// Takes back the order to leave. Returns false where there was none.
  public func keep(_ pilot: PilotName) throws(FileError) -> Bool {
    try removeOrder(layout.drain(pilot))
  }

  /// Tells a pilot to keep room for a job, in place of any other.
  public func reserve(_ pilot: PilotName, _ reservation: Reservation) throws(FileError) {
    try files.replace(layout.reserve(pilot), Array(reservation.text.utf8))
  }

  /// The outcome of a look at the order to keep room.
  public enum ReserveOrder: Equatable, Sendable {
    /// The order.
    case read(Reservation)
    /// The file is there, and is no order.
    case damaged
    /// There is no order.
    case absent
  }

  /// Reads the order to keep room.
  public func reserveOrder(of pilot: PilotName) throws(FileError) -> ReserveOrder {
    // What is longer than any order is cut, and then is none.
    let bytes: [UInt8]?
    do throws(FileError) {
      bytes = try files.readIfPresent(layout.reserve(pilot), limit: 4096)
    } catch {
      guard error.reason == .overLimit else { throw error }
      return .damaged
    }
    guard let bytes else { return .absent }
    return Reservation(text: String(decoding: bytes, as: UTF8.self)).map { .read($0) } ?? .damaged
  }

  /// Takes back the order to keep room. Returns false where there was none.
  @discardableResult
  public func withdrawReserve(_ pilot: PilotName) throws(FileError) -> Bool {
    try removeOrder(layout.reserve(pilot))
  }

  private func removeOrder(_ path: String) throws(FileError) -> Bool {
    do throws(FileError) {
      try files.remove(path)
      return true
    } catch {
      guard error.isMissing else { throw error }
      return false
    }
  }

  /// Returns true where a file is certainly gone. Its absence in a listing is no proof.
  private func isGone(_ path: String) throws(FileError) -> Bool {
    try files.attributesIfPresent(path) == nil
  }

  /// Returns true where a pilot is certainly not told to leave. The absence of the file in a
  /// listing is no proof.
  public func isDrainGone(from pilot: PilotName) throws(FileError) -> Bool {
    try isGone(layout.drain(pilot))
  }

  /// Returns true where a pilot is certainly not set aside.
  public func isQuarantineGone(from pilot: PilotName) throws(FileError) -> Bool {
    try isGone(layout.quarantine(pilot))
  }

  /// Returns true where a pilot certainly is to keep no room.
  public func isReserveGone(from pilot: PilotName) throws(FileError) -> Bool {
    try isGone(layout.reserve(pilot))
  }

  /// Returns true where a pilot certainly is set aside.
  public func hasQuarantine(_ pilot: PilotName) -> Bool {
    files.isPresent(layout.quarantine(pilot))
  }
}
