internal import SpoolModel

/// A dataset as the journal knows it. The files themselves are listed in the catalogue, a file; the
/// entry says how many bytes of that file count.
struct DatasetEntry {
  let name: Name
  var state = DatasetState.open
  /// The number of files in the catalogue.
  var files = 0
  /// The number of files with a known size.
  private(set) var sized = 0
  /// The sum of the known sizes, in bytes.
  private(set) var bytes = 0
  /// The number of bytes of the catalogue that count.
  var length = 0
  /// The time of the manifest that closed it. The dataset closes after one more scan.
  var closing: Timestamp?
  /// The number of files that a manifest announced.
  var expected: Int?
  /// Tasks whose outputs join it.
  var producers: Set<Name> = []
  /// Producers that have not ended.
  var activeProducers: Set<Name> = []
  /// Producers that ended with failed jobs, or in another state than done.
  var failedProducers: Set<Name> = []
  /// The watched directories whose files join it.
  var watches: [WatchEntry] = []
  /// The uids of the persons whose manifests added files to it.
  var owners: Set<Int> = []
  /// The progress of the removal of its files.
  var removal = Removal()

  /// The time for which its files are kept. It is the longest retention among its producers and its
  /// manifests.
  var retention: Retention?
  /// Ranges of the catalogue, in bytes, whose files a task has read with success, by task. Recorded
  /// only under the retention `step`, which removes a file as soon as no task needs it any more.
  var consumed: [Name: RangeSet<Int>] = [:]

  init(_ name: Name) { self.name = name }

  /// Adds files with a known size.
  mutating func count(_ files: Int, bytes more: Int) {
    sized += files
    bytes = bytes.saturatingSum(more)
  }

  /// True once its deletion is accepted.
  var isDeleted: Bool { state == .deleting || state == .deleted }

  /// True if fewer files came than were announced.
  var isShort: Bool { files < expected ?? 0 }

}

/// A directory that a dataset watches, with the files that came from it.
struct WatchEntry {
  let watch: DirectoryWatch
  /// The number of files that joined the dataset from this directory.
  var files = 0
  /// The time at which the watcher saw the marker that closes the directory.
  var marked: Timestamp?
}

/// The progress of a removal of files. Ranges are bytes of the dataset's catalogue.
struct Removal {
  /// Ranges whose files are yet to be removed.
  var left = RangeSet<Int>()
  /// Ranges that are dealt with.
  var done = RangeSet<Int>()
  /// True if the removal includes files that no task of this spool made.
  var includesInputs = false
  /// The number of files that were removed.
  var files = 0
  /// The number of bytes that were removed.
  var bytes = 0
}

extension DatasetEntry {
  /// The time since which it is due to close: a manifest closed it, or the markers of all its
  /// watches are there. Nil if neither is so.
  var closesSince: Timestamp? {
    if let closing { return closing }
    let awaited = watches.filter { $0.watch.closeOn != nil }
    let marked = awaited.compactMap(\.marked)
    return marked.count == awaited.count ? marked.max() : nil
  }
}

extension DatasetEntry {
  /// The entry as a checkpoint holds it.
  var json: JSON {
    var object = JSONObject([
      .init("name", .string(name.text)), .init("state", .string(state.rawValue)),
      .init("files", .integer(files)), .init("length", .integer(length)),
      .init("producers", .array(producers.sorted().map { .string($0.text) })),
      .init("active", .array(activeProducers.sorted().map { .string($0.text) })),
      .init("failed", .array(failedProducers.sorted().map { .string($0.text) })),
    ])
    if let closing { object["closing"] = closing.json }
    if let expected { object["expected"] = .integer(expected) }
    if let retention { object["retention"] = .string(retention.text) }
    if !consumed.isEmpty {
      object["consumed"] = .object(
        JSONObject(
          consumed.sorted { $0.key < $1.key }.map { .init($0.key.text, $0.value.json) }))
    }
    if sized > 0 {
      object["sized"] = .integer(sized)
      object["bytes"] = .integer(bytes)
    }
    if !watches.isEmpty { object["watches"] = .array(watches.map(\.json)) }
    if !owners.isEmpty { object["owners"] = .array(owners.sorted().map { .integer($0) }) }
    if state == .deleting || !removal.left.isEmpty || !removal.done.isEmpty
      || removal.includesInputs
    {
      object["removal"] = removal.json
    }
    return .object(object)
  }

  /// Reads the entry from a checkpoint. Returns nil if the JSON is not what a watcher writes.
  init?(_ json: JSON) {
    guard let name = json["name"]?.string.flatMap({ Name($0) }),
      let state = json["state"]?.string.flatMap({ DatasetState(rawValue: $0) }),
      let files = json["files"]?.integer, let length = json["length"]?.integer
    else { return nil }
    self.init(name)
    self.state = state
    self.files = files
    self.length = length
    closing = json["closing"]?.timestamp
    expected = json["expected"]?.integer
    producers = Self.names(json["producers"])
    activeProducers = Self.names(json["active"])
    failedProducers = Self.names(json["failed"])
    retention = json["retention"]?.string.flatMap { Retention($0) }
    for member in json["consumed"]?.object?.members ?? [] {
      if let name = Name(member.key) { consumed[name] = RangeSet(member.value) }
    }
    count(json["sized"]?.integer ?? 0, bytes: json["bytes"]?.integer ?? 0)
    for value in json["watches"]?.array ?? [] {
      guard let watch = WatchEntry(value) else { return nil }
      watches.append(watch)
    }
    owners = Set(json["owners"]?.array?.compactMap(\.integer) ?? [])
    removal = Removal(json["removal"])
  }

  private static func names(_ json: JSON?) -> Set<Name> {
    Set((json?.array ?? []).compactMap { $0.string.flatMap { Name($0) } })
  }
}

extension WatchEntry {
  var json: JSON {
    var object = JSONObject([.init("watch", watch.json), .init("files", .integer(files))])
    if let marked { object["marked"] = marked.json }
    return .object(object)
  }

  init?(_ json: JSON) {
    guard let watch = DirectoryWatch(json["watch"]), let files = json["files"]?.integer else {
      return nil
    }
    self.init(watch: watch, files: files, marked: json["marked"]?.timestamp)
  }
}

extension Removal {
  var json: JSON {
    var object = JSONObject([
      .init("left", left.json), .init("done", done.json), .init("files", .integer(files)),
      .init("bytes", .integer(bytes)),
    ])
    if includesInputs { object["inputs"] = true }
    return .object(object)
  }

  init(_ json: JSON?) {
    left = RangeSet(json?["left"])
    done = RangeSet(json?["done"])
    includesInputs = json?["inputs"]?.bool ?? false
    files = json?["files"]?.integer ?? 0
    bytes = json?["bytes"]?.integer ?? 0
  }
}

extension Int {
  /// Returns the sum, or the largest number if it overflows. Sizes come from manifests, so they may
  /// be any number.
  func saturatingSum(_ other: Int) -> Int {
    let (sum, isOver) = addingReportingOverflow(other)
    return isOver ? .max : sum
  }
}
