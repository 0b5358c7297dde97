internal import SpoolModel

/// A dataset: its catalogue is a file, here is how much of it counts.
struct DatasetEntry {
  enum State: String {
    case open
    case closed
    /// Closed, but lacking files that were to come.
    case incomplete
    /// Its files are being removed; it takes no more, and nothing may read it.
    case deleting
    case deleted
  }

  let name: Name
  var state = State.open
  var files = 0
  /// Of how many files the size is known, and the sum of these sizes.
  private(set) var sized = 0
  private(set) var bytes = 0
  /// Bytes of the catalogue that count.
  var length = 0
  /// When a manifest closed it, to take effect after one more scan; and the count it named.
  var closing: Timestamp?
  var expected: Int?
  /// Tasks whose outputs join it, and those that have not ended.
  var producers: Set<Name> = []
  var activeProducers: Set<Name> = []
  /// Those that ended, and left something out.
  var failedProducers: Set<Name> = []
  /// Directories whose files join it.
  var watches: [WatchEntry] = []
  /// The uids whose manifests it is made of.
  var owners: Set<Int> = []
  /// What of its files is gone, or is to go.
  var removal = Removal()

  /// How long its files are kept: as the one of its producers says that keeps longest. Of files
  /// that nobody makes here, as a manifest of theirs asked.
  var retention: Retention?
  /// Bytes of the catalogue whose files a task has succeeded with, by task: where files go as soon as
  /// nobody needs them any more.
  var consumed: [Name: RangeSet<Int>] = [:]

  init(_ name: Name) { self.name = name }

  /// Counts files whose size is known.
  mutating func count(_ files: Int, bytes more: Int) {
    sized += files
    bytes = bytes.saturatingSum(more)
  }

  var isDeleted: Bool { state == .deleting || state == .deleted }

  /// Whether fewer files came than were announced.
  var isShort: Bool { files < expected ?? 0 }

}

/// A directory that a dataset watches, and what has come of it.
struct WatchEntry {
  let watch: DirectoryWatch
  var files = 0
  /// When its marker was seen.
  var marked: Timestamp?
}

/// How much of a dataset's files is removed, and is to be removed, by bytes of its catalogue.
struct Removal {
  var left = RangeSet<Int>()
  var done = RangeSet<Int>()
  /// Whether files are meant that nobody made here.
  var includesInputs = false
  var files = 0
  var bytes = 0
}

extension DatasetEntry {
  /// The moment from which it is to close: a manifest said so, or all markers are there.
  var closesSince: Timestamp? {
    if let closing { return closing }
    let awaited = watches.filter { $0.watch.closeOn != nil }
    let marked = awaited.compactMap(\.marked)
    return marked.count == awaited.count ? marked.max() : nil
  }
}

extension DatasetEntry {
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

  init?(_ json: JSON) {
    guard let name = json["name"]?.string.flatMap({ Name($0) }),
      let state = json["state"]?.string.flatMap({ State(rawValue: $0) }),
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
  /// The sum, or the largest number there is: sizes are what people say they are.
  func saturatingSum(_ other: Int) -> Int {
    let (sum, isOver) = addingReportingOverflow(other)
    return isOver ? .max : sum
  }
}
