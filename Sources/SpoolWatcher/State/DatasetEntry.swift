internal import SpoolModel
internal import SpoolStore

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
  /// The list of files that later attempts of their jobs have replaced.
  var replaced = Replaced()
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
    bytes = bytes.addingClamped(more)
  }

  /// True once its deletion is accepted.
  var isDeleted: Bool { state == .deleting || state == .deleted }

  /// True if fewer files came than were announced.
  var isShort: Bool { files < expected ?? 0 }

}

/// The list of files of a dataset that later attempts of their jobs have replaced, or did not write.
struct Replaced: Equatable {
  /// The number of bytes of the list that count.
  var length = 0
  /// The number of lines.
  var lines = 0
  /// The number of lines of the catalogue whose files the dataset has no more.
  var gone = 0
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
  /// Its views that have copies, each with the number of bytes that count.
  var copied: [(view: Spool.View, length: Int)] {
    [(.catalogue(name), length), (.replaced(name), replaced.length)].filter { $0.1 > 0 }
  }

  /// The time since which it is due to close: a manifest closed it, or the markers of all its
  /// watches are there. Nil if neither is so.
  var closesSince: Timestamp? {
    if let closing { return closing }
    let awaited = watches.filter { $0.watch.closeOn != nil }
    let marked = awaited.compactMap(\.marked)
    return marked.count == awaited.count ? marked.max() : nil
  }
}

extension DatasetEntry: JSONValue {
  private enum Key: String {
    case name, state, files, length, producers, active, failed, closing, expected, retention
    case consumed, sized, bytes, watches, owners, removal, replaced
  }

  /// The entry as a checkpoint holds it.
  var json: JSON {
    let members: RecordMembers<Key> = [
      .name: name.json, .state: state.json, .files: files.json, .length: length.json,
      .producers: producers.json, .active: activeProducers.json, .failed: failedProducers.json,
      .closing: closing?.json, .expected: expected?.json, .retention: retention?.json,
      .consumed: consumed.isEmpty ? nil : consumed.json, .sized: sized > 0 ? sized.json : nil,
      .bytes: sized > 0 ? bytes.json : nil, .watches: watches.isEmpty ? nil : watches.json,
      .owners: owners.isEmpty ? nil : owners.json,
      .removal: state == .deleting || removal.hasBegun ? removal.json : nil,
      .replaced: replaced.lines > 0 ? replaced.json : nil,
    ]
    return members.json
  }

  /// Reads the entry from a checkpoint. Returns nil if the JSON is not what a watcher writes.
  init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let name: Name = members[.name],
      let state: DatasetState = members[.state], let files: Int = members[.files],
      let length: Int = members[.length],
      let watches: [WatchEntry] = members[.watches, absent: []]
    else { return nil }
    self.init(name)
    self.state = state
    self.files = files
    self.length = length
    self.watches = watches
    producers = members[.producers] ?? []
    activeProducers = members[.active] ?? []
    failedProducers = members[.failed] ?? []
    closing = members[.closing]
    expected = members[.expected]
    retention = members[.retention]
    consumed = members[.consumed] ?? [:]
    count(members[.sized] ?? 0, bytes: members[.bytes] ?? 0)
    owners = members[.owners] ?? []
    removal = members[.removal] ?? Removal()
    replaced = members[.replaced] ?? Replaced()
  }
}

extension Replaced: JSONValue {
  private enum Key: String { case length, lines, gone }

  var json: JSON {
    let members: RecordMembers<Key> = [
      .length: length.json, .lines: lines.json, .gone: gone > 0 ? gone.json : nil,
    ]
    return members.json
  }

  init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let length: Int = members[.length],
      let lines: Int = members[.lines]
    else { return nil }
    self.init(length: length, lines: lines, gone: members[.gone] ?? 0)
  }
}

extension WatchEntry: JSONValue {
  private enum Key: String { case watch, files, marked }

  var json: JSON {
    let members: RecordMembers<Key> = [
      .watch: watch.json, .files: files.json, .marked: marked?.json,
    ]
    return members.json
  }

  init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let watch: DirectoryWatch = members[.watch],
      let files: Int = members[.files]
    else { return nil }
    self.init(watch: watch, files: files, marked: members[.marked])
  }
}

extension Removal: JSONValue {
  private enum Key: String { case left, done, files, bytes, inputs }

  /// True if there is anything that a checkpoint must hold.
  fileprivate var hasBegun: Bool { !left.isEmpty || !done.isEmpty || includesInputs }

  var json: JSON {
    let members: RecordMembers<Key> = [
      .left: left.json, .done: done.json, .files: files.json, .bytes: bytes.json,
      .inputs: includesInputs ? true : nil,
    ]
    return members.json
  }

  init?(json: JSON) {
    guard let members = RecordMembers<Key>(json) else { return nil }
    left = members[.left] ?? RangeSet()
    done = members[.done] ?? RangeSet()
    includesInputs = members[.inputs] ?? false
    files = members[.files] ?? 0
    bytes = members[.bytes] ?? 0
  }
}
