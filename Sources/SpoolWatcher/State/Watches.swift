public import SpoolModel

/// A directory that a dataset watches, and what has come of it.
struct WatchEntry {
  let watch: DirectoryWatch
  var files = 0
  /// When its marker was seen, epoch milliseconds.
  var marked: Int?
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
  /// Epoch milliseconds.
  public var at: Int
}

extension WatcherState {
  func apply(_ joined: FilesJoined) {
    guard let dataset = datasets[joined.dataset], dataset.watches.indices.contains(joined.watch)
    else { return }
    dataset.files += joined.files
    dataset.count(joined.files, bytes: joined.bytes)
    dataset.length = joined.length
    dataset.watches[joined.watch].files += joined.files
    if joined.isMarked, dataset.watches[joined.watch].marked == nil {
      dataset.watches[joined.watch].marked = joined.at
    }
    touch(joined.dataset)
  }
}

extension DatasetEntry {
  /// Since when it is to close (epoch milliseconds): a manifest said so, or all markers are there.
  var closesSince: Int? {
    if let closing { return closing }
    let awaited = watches.filter { $0.watch.closeOn != nil }
    let marked = awaited.compactMap(\.marked)
    return marked.count == awaited.count ? marked.max() : nil
  }
}

extension FilesJoined {
  var json: JSONObject {
    JSONObject(
      "joined",
      [
        ("dataset", .string(dataset.text)), ("watch", .integer(watch)), ("files", .integer(files)),
        ("bytes", .integer(bytes)), ("length", .integer(length)),
        ("marked", isMarked ? true : nil), ("at", .integer(at)),
      ])
  }

  init?(_ json: JSONObject) {
    guard let dataset = json.name("dataset"), let watch = json["watch"]?.integer,
      let files = json["files"]?.integer, let bytes = json["bytes"]?.integer,
      let length = json["length"]?.integer, let at = json["at"]?.integer
    else { return nil }
    self.init(
      dataset: dataset, watch: watch, files: files, bytes: bytes, length: length,
      isMarked: json["marked"]?.bool ?? false, at: at)
  }
}

extension WatchEntry {
  var json: JSON {
    var object = JSONObject([.init("watch", watch.json), .init("files", .integer(files))])
    if let marked { object["marked"] = .integer(marked) }
    return .object(object)
  }

  init?(_ json: JSON) {
    guard let watch = DirectoryWatch(json["watch"]), let files = json["files"]?.integer else {
      return nil
    }
    self.init(watch: watch, files: files, marked: json["marked"]?.integer)
  }
}
