public import SpoolModel

/// `watcher.json`: the watcher that owns the spool, and its heartbeat (R7).
public struct WatcherRecord: Equatable, Sendable {
  /// The epoch: one more than that of the watcher before.
  public var epoch: Int
  /// A segment of the journal that was begun. Segments that a listing may omit are looked for from
  /// there on.
  public var segment = 0
  /// The place in the journal up to which lines were committed when this was written; nil where the
  /// watcher has committed nothing, or is of an earlier version. A journal that ends before has
  /// lost lines.
  public var committed: Committed?
  /// A random id, by which two that took one epoch at a time are told apart.
  public var id: String
  /// The host that the watcher runs on.
  public var host: String
  /// The version of the watcher.
  public var version: String
  /// The number of the last heartbeat.
  public var counter: Int
  /// The process, as in ``PilotRecord``.
  public var process: JSON
  /// True once the watcher has ended in good order.
  public var isClean: Bool
  /// The time of the last heartbeat, on the watcher's clock: for people.
  public var at: Timestamp
  /// The time that its turns take; nil before the first, and of an earlier version.
  public var turns: Turns?

  /// The record as the file holds it.
  public var json: JSON {
    [
      "format": 2, "epoch": .integer(epoch), "segment": .integer(segment), "id": .string(id),
      "host": .string(host),
      "version": .string(version), "counter": .integer(counter), "at": at.json,
      "clean": .bool(isClean),
      "process": process,
      "committed": committed.map {
        ["segment": .integer($0.segment), "bytes": .integer($0.bytes)]
      } ?? .null,
      "turns": turns?.json ?? .null,
    ]
  }

  /// True unless the record could be read in part only.
  var isWhole: Bool { !id.isEmpty }

  /// A place in the journal.
  public struct Committed: Equatable, Sendable {
    /// The number of the segment.
    public var segment: Int
    /// The number of its bytes.
    public var bytes: Int

    /// Makes a place.
    public init(segment: Int, bytes: Int) {
      self.segment = segment
      self.bytes = bytes
    }
  }

  /// The turns of a watcher.
  public struct Turns: Equatable, Sendable {
    /// The number of turns since the watcher began.
    public var count: Int
    /// The time that they took together.
    public var time: Duration
    /// The longest of about the last minute.
    public var longest: Duration

    /// Makes the turns from their parts.
    public init(count: Int, time: Duration, longest: Duration) {
      self.count = count
      self.time = time
      self.longest = longest
    }
  }

  /// Makes the record of a watcher that has not written a heartbeat yet.
  public init(epoch: Int, id: String, host: String, version: String, process: JSON, at: Timestamp) {
    self.epoch = epoch
    self.id = id
    self.host = host
    self.version = version
    self.counter = 0
    self.process = process
    self.isClean = false
    self.at = at
  }

  /// Reads a record; nil where it is torn or damaged.
  public init?(_ bytes: [UInt8]) {
    let seal = SealedJSON.check(bytes)
    guard seal != .damaged, let json = try? JSON.parse(bytes),
      let format = json["format"]?.integer, seal == .intact ? format == 2 : format == 1,
      let epoch = json["epoch"]?.integer,
      let id = json["id"]?.string, let host = json["host"]?.string,
      let version = json["version"]?.string,
      let counter = json["counter"]?.integer, let clean = json["clean"]?.bool,
      let process = json["process"]
    else { return nil }
    self.init(
      epoch: epoch, id: id, host: host, version: version, process: process,
      at: json["at"]?.timestamp ?? Timestamp(milliseconds: 0))
    segment = json["segment"]?.integer ?? 0
    self.counter = counter
    isClean = clean
    if let segment = json["committed"]?["segment"]?.integer,
      let bytes = json["committed"]?["bytes"]?.integer
    {
      committed = Committed(segment: segment, bytes: bytes)
    }
    turns = json["turns"].flatMap { Turns(json: $0) }
  }
}

extension WatcherRecord.Turns: JSONValue {
  private enum Key: String { case count, time, longest }

  /// The numbers that a record may name, the times in milliseconds: sums of them do not overflow.
  private static let numbers = 0...(1 << 53)

  /// The turns as the record holds them, with times in milliseconds.
  public var json: JSON {
    var members = RecordMembers<Key>()
    members[.count] = count
    members[.time] = time.milliseconds
    members[.longest] = longest.milliseconds
    return members.json
  }

  /// Reads the turns; nil if they are not what a watcher writes.
  public init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let count: Int = members[.count],
      let time: Int = members[.time], let longest: Int = members[.longest],
      [count, time, longest].allSatisfy(Self.numbers.contains)
    else { return nil }
    self.init(count: count, time: .milliseconds(time), longest: .milliseconds(longest))
  }
}

extension WatcherRecord {
  /// Reads the file, as far as it can be read where it is torn; nil where there is none.
  static func read(_ spool: Spool) throws(FileError) -> WatcherRecord? {
    try spool.files.readIfPresent(spool.layout.watcher, limit: 64 << 10)
      .map { WatcherRecord($0) ?? WatcherRecord(damaged: $0) }
  }

  /// Reads a record that was torn. Its writer may live, and its epoch must not be given out again.
  /// The epoch stands before everything that a heartbeat changes, so it can be read. What else it
  /// says may be wrong, and is not believed.
  init(damaged bytes: [UInt8]) {
    self.init(
      epoch: Self.number("epoch", in: bytes), id: "", host: "?", version: "?",
      process: JSON.null, at: Timestamp(milliseconds: 0))
    counter = Int(CRC32.hex(bytes), radix: 16) ?? 0
  }

  private static func number(_ key: String, in bytes: [UInt8]) -> Int {
    let key = Array("\"\(key)\":".utf8)
    let start = bytes.indices.first { bytes[$0...].starts(with: key) }.map { $0 + key.count }
    let digits = bytes[(start ?? bytes.count)...].prefix { (48...57).contains($0) }
    return digits.count <= 12 ? Int(String(decoding: digits, as: UTF8.self)) ?? 0 : 0
  }
}

extension Spool {
  /// Reads the record of the watcher that owns the spool; nil where there is none that can be read.
  public func watcherRecord() -> WatcherRecord? {
    (try? files.read(layout.watcher, limit: 64 << 10)).flatMap { WatcherRecord($0) }
  }
}
