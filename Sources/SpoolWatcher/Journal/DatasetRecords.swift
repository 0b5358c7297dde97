public import SpoolModel

/// The record of a manifest, or of a piece of one, whose lines joined a dataset. The lines are
/// durable in the catalogue before this record counts them.
public struct ManifestAccepted: Sendable {
  /// The dataset that the files joined.
  public var dataset: Name
  /// The name of the manifest's file in the inbox.
  public var origin: String
  /// The value by which the watcher recognises the manifest after a crash: the CRC-32 of a JSON file;
  /// size and modification time of a JSONL file.
  public var digest: String
  /// The number of files that were added.
  public var files: Int
  /// The length of the catalogue in bytes, including these lines.
  public var length: Int
  /// The number of added files with a known size.
  public var sized: Int
  /// The sum of the known sizes, in bytes.
  public var bytes: Int
  /// True if the manifest is now wholly accepted; false if more pieces of it follow.
  public var isLast: Bool
  /// True if the manifest closes the dataset.
  public var closes: Bool
  /// The number of files that the manifest announces for the whole dataset.
  public var expected: Int?
  /// The time for which the files are kept, if the manifest gives one.
  public var retention: Retention?
  /// A directory whose files join the dataset from now on.
  public var watch: DirectoryWatch?
  /// The uid of the manifest's owner.
  public var owner: Int?
  /// The time of acceptance.
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

/// The record of files of a watched directory that joined its dataset, or of the marker that was
/// seen there. The catalogue is durable up to `length`.
public struct FilesJoined: Sendable {
  /// The dataset that the files joined.
  public var dataset: Name
  /// The number of the watch, among the dataset's.
  public var watch: Int
  /// The number of files that were added.
  public var files: Int
  /// The size of the added files, in bytes.
  public var bytes: Int
  /// The length of the catalogue in bytes, including these lines.
  public var length: Int
  /// True if the watcher saw the marker that ends the watch.
  public var isMarked: Bool
  /// The time of acceptance.
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

/// The record of a decision to remove files of a dataset: those that the catalogue lists in these
/// ranges.
public struct RemovalOrdered: Sendable {
  /// The dataset that loses files.
  public var dataset: Name
  /// Ranges of the catalogue, in bytes.
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

/// The record of progress in a removal: files of these ranges are removed, or need not be.
public struct RemovalAdvanced: Sendable {
  /// The dataset that loses files.
  public var dataset: Name
  /// Ranges of the catalogue that are dealt with, in bytes.
  public var ranges: RangeSet<Int>
  /// The number of files that were removed.
  public var files: Int
  /// The size of the files that were removed, in bytes.
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
  /// The ranges as journal and checkpoint have them: a pair of numbers each, the first and the one
  /// after the last.
  var json: JSON { .array(ranges.map { [.integer($0.lowerBound), .integer($0.upperBound)] }) }

  /// Reads ranges from the journal or a checkpoint. Skips a pair that is not a range.
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
