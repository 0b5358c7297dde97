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
  var line: RecordLine {
    [
      .type: RecordType.manifest.json, .dataset: dataset.json, .origin: origin.json,
      .digest: digest.json, .files: files.json, .length: length.json,
      .sized: sized > 0 ? sized.json : nil, .bytes: sized > 0 ? bytes.json : nil,
      .last: isLast.json, .closes: closes.json, .expected: expected?.json, .watch: watch?.json,
      .retention: retention?.json, .owner: owner?.json, .at: at.json,
    ]
  }

  init?(_ line: RecordLine) {
    guard let dataset: Name = line[.dataset], let origin: String = line[.origin],
      let digest: String = line[.digest], let files: Int = line[.files],
      let length: Int = line[.length], let isLast: Bool = line[.last],
      let closes: Bool = line[.closes]
    else { return nil }
    self.init(
      dataset: dataset, origin: origin, digest: digest, files: files, length: length,
      sized: line[.sized] ?? 0, bytes: line[.bytes] ?? 0, isLast: isLast, closes: closes,
      expected: line[.expected], retention: line[.retention], watch: line[.watch],
      owner: line[.owner], at: line.time)
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
  var line: RecordLine {
    [
      .type: RecordType.joined.json, .dataset: dataset.json, .watch: watch.json, .files: files.json,
      .bytes: bytes.json, .length: length.json, .marked: isMarked ? true : nil, .at: at.json,
    ]
  }

  init?(_ line: RecordLine) {
    guard let dataset: Name = line[.dataset], let watch: Int = line[.watch],
      let files: Int = line[.files], let bytes: Int = line[.bytes],
      let length: Int = line[.length], let at: Timestamp = line[.at]
    else { return nil }
    self.init(
      dataset: dataset, watch: watch, files: files, bytes: bytes, length: length,
      isMarked: line[.marked] ?? false, at: at)
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
  var line: RecordLine {
    [.type: RecordType.removing.json, .dataset: dataset.json, .ranges: ranges.json]
  }

  init?(_ line: RecordLine) {
    guard let dataset: Name = line[.dataset] else { return nil }
    self.init(dataset: dataset, ranges: line[.ranges] ?? RangeSet())
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
  var line: RecordLine {
    [
      .type: RecordType.removed.json, .dataset: dataset.json, .ranges: ranges.json,
      .files: files.json, .bytes: bytes.json,
    ]
  }

  init?(_ line: RecordLine) {
    guard let dataset: Name = line[.dataset], let files: Int = line[.files],
      let bytes: Int = line[.bytes]
    else { return nil }
    self.init(dataset: dataset, ranges: line[.ranges] ?? RangeSet(), files: files, bytes: bytes)
  }
}
