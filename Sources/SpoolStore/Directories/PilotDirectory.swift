public import SpoolModel

/// The findings of one reading of a pilot's directory.
public struct PilotDirectory: Sendable {
  /// The jobs that the pilot has claimed.
  public var claims: [JobName]
  /// True where the pilot is told to leave.
  public var hasDrain: Bool
  /// True where the pilot is set aside.
  public var hasQuarantine: Bool
  /// True where something lies in it that is no pilot's.
  public var hasForeign: Bool

  static let drain = "drain"
  static let quarantine = "quarantine"

  /// Returns true for a name that belongs in a pilot's directory, claims apart.
  public static func isOwn(_ name: String) -> Bool {
    name == "pilot.json" || name == drain || name == quarantine || name.hasSuffix(".log")
  }

  /// The file that is to become the quarantine file.
  static let hiddenQuarantine = ".quarantine"
}

/// `running/PILOT/`: orders to a pilot, each a file in its directory.
extension Spool {
  /// Reads a pilot's directory; nil where it is gone.
  public func directory(of pilot: PilotName) throws(FileError) -> PilotDirectory? {
    guard let names = try listIfPresent(layout.pilot(pilot))?.names else { return nil }
    let claims = names.compactMap { JobName(fileName: $0) }
    let own = names.count { PilotDirectory.isOwn($0) || $0 == PilotDirectory.hiddenQuarantine }
    return PilotDirectory(
      claims: claims, hasDrain: names.contains(PilotDirectory.drain),
      hasQuarantine: names.contains(PilotDirectory.quarantine),
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

  /// Returns true where a pilot certainly is set aside.
  public func hasQuarantine(_ pilot: PilotName) -> Bool {
    files.isPresent(layout.quarantine(pilot))
  }
}
