public import SpoolModel

public struct ManifestAccepted: Sendable {
  public var dataset: Name
  /// The file's name, as it was dropped.
  public var origin: String
  public var digest: String
  /// How many files were added, and how long the catalogue is now.
  public var files: Int
  public var length: Int
  /// Of how many of them it says the size, and the sum.
  public var sized: Int
  public var bytes: Int
  /// Whether the manifest is wholly in: if not, more of it follows.
  public var isLast: Bool
  public var closes: Bool
  public var expected: Int?
  /// How long the files are kept, where it says that.
  public var retention: Retention?
  /// A directory whose files are to join from now on.
  public var watch: DirectoryWatch?
  /// uid.
  public var owner: Int?
  /// When it was accepted.
  public var at: Timestamp
}

extension ManifestAccepted {
  var json: JSONObject {
    JSONObject(
      "manifest",
      [
        ("dataset", .string(dataset.text)), ("origin", .string(origin)),
        ("digest", .string(digest)), ("files", .integer(files)), ("length", .integer(length)),
        ("sized", sized > 0 ? .integer(sized) : nil), ("bytes", sized > 0 ? .integer(bytes) : nil),
        ("last", .bool(isLast)), ("closes", .bool(closes)),
        ("expected", expected.map { .integer($0) }), ("watch", watch?.json),
        ("retention", retention.map { .string($0.text) }),
        ("owner", owner.map { .integer($0) }), ("at", at.json),
      ])
  }

  init?(_ json: JSONObject) {
    guard let dataset = json.name("dataset"), let origin = json["origin"]?.string,
      let digest = json["digest"]?.string, let files = json["files"]?.integer,
      let length = json["length"]?.integer, let isLast = json["last"]?.bool,
      let closes = json["closes"]?.bool
    else { return nil }
    self.init(
      dataset: dataset, origin: origin, digest: digest, files: files, length: length,
      sized: json["sized"]?.integer ?? 0, bytes: json["bytes"]?.integer ?? 0, isLast: isLast,
      closes: closes, expected: json["expected"]?.integer,
      retention: json["retention"]?.string.flatMap { Retention($0) },
      watch: DirectoryWatch(json["watch"]),
      owner: json["owner"]?.integer, at: json["at"]?.timestamp ?? Timestamp(milliseconds: 0))
  }
}

/// Files of a watched directory joined its dataset, whose catalogue is durable up to `length`; or its
/// marker was seen.
public struct FilesJoined: Sendable {
  public var dataset: Name
  /// Which of the dataset's watches.
  public var watch: Int
  public var files: Int
  public var bytes: Int
  public var length: Int
  public var isMarked: Bool
  /// When it was accepted.
  public var at: Timestamp
}

extension FilesJoined {
  var json: JSONObject {
    JSONObject(
      "joined",
      [
        ("dataset", .string(dataset.text)), ("watch", .integer(watch)), ("files", .integer(files)),
        ("bytes", .integer(bytes)), ("length", .integer(length)),
        ("marked", isMarked ? true : nil), ("at", at.json),
      ])
  }

  init?(_ json: JSONObject) {
    guard let dataset = json.name("dataset"), let watch = json["watch"]?.integer,
      let files = json["files"]?.integer, let bytes = json["bytes"]?.integer,
      let length = json["length"]?.integer, let at = json["at"]?.timestamp
    else { return nil }
    self.init(
      dataset: dataset, watch: watch, files: files, bytes: bytes, length: length,
      isMarked: json["marked"]?.bool ?? false, at: at)
  }
}

/// Files of a dataset are to be removed: those of the catalogue's lines in these ranges of bytes.
public struct RemovalOrdered: Sendable {
  public var dataset: Name
  public var ranges: RangeSet<Int>
}

extension RemovalOrdered {
  var json: JSONObject {
    JSONObject("removing", [("dataset", .string(dataset.text)), ("ranges", ranges.json)])
  }

  init?(_ json: JSONObject) {
    guard let dataset = json.name("dataset") else { return nil }
    self.init(dataset: dataset, ranges: RangeSet(json["ranges"]))
  }
}

/// Files are removed, or need not be: how far a removal has come.
public struct RemovalAdvanced: Sendable {
  public var dataset: Name
  public var ranges: RangeSet<Int>
  public var files: Int
  public var bytes: Int
}

extension RemovalAdvanced {
  var json: JSONObject {
    JSONObject(
      "removed",
      [
        ("dataset", .string(dataset.text)), ("ranges", ranges.json), ("files", .integer(files)),
        ("bytes", .integer(bytes)),
      ])
  }

  init?(_ json: JSONObject) {
    guard let dataset = json.name("dataset"), let files = json["files"]?.integer,
      let bytes = json["bytes"]?.integer
    else { return nil }
    self.init(
      dataset: dataset, ranges: RangeSet(json["ranges"]), files: files, bytes: bytes)
  }
}

extension RangeSet<Int> {
  /// As journal and checkpoint have it: each range as its first and the one after its last.
  var json: JSON { .array(ranges.map { [.integer($0.lowerBound), .integer($0.upperBound)] }) }

  init(_ json: JSON?) {
    self.init()
    for value in json?.array ?? [] {
      guard let pair = value.array?.compactMap(\.integer), pair.count == 2, pair[0] < pair[1] else {
        continue
      }
      insert(contentsOf: pair[0]..<pair[1])
    }
  }
}
