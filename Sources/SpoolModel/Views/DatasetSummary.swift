/// The page of a dataset, `datasets/NAME.json`: its state, its size, and the tasks that fill or read
/// it. The watcher rewrites it at most once a second.
public struct DatasetSummary: Equatable, Sendable {
  /// A task that fills or reads the dataset.
  public struct TaskReference: Equatable, Sendable {
    public var task: Name
    public var state: TaskState

    public init(task: Name, state: TaskState) {
      self.task = task
      self.state = state
    }
  }

  /// A directory whose files join the dataset as they appear.
  public struct Watch: Equatable, Sendable {
    public var directory: String
    public var pattern: String
    /// The name of the marker file that closes the dataset.
    public var closeOn: String?
    /// The files that have joined.
    public var files: Int
    /// When the watcher saw the marker.
    public var marked: Timestamp?
    /// The files that are not whole yet.
    public var pending: Int?
    /// The reason why the directory cannot be read.
    public var trouble: String?

    public init(
      directory: String, pattern: String, closeOn: String? = nil, files: Int,
      marked: Timestamp? = nil, pending: Int? = nil, trouble: String? = nil
    ) {
      self.directory = directory
      self.pattern = pattern
      self.closeOn = closeOn
      self.files = files
      self.marked = marked
      self.pending = pending
      self.trouble = trouble
    }
  }

  public var dataset: Name
  public var state: DatasetState
  /// All files, and the size of those whose size is known.
  public var totals: FileTotals
  /// Files whose size is not known.
  public var unsized: Int
  /// The number of files that a manifest named.
  public var expected: Int?
  /// When a manifest closed the dataset, until that takes effect.
  public var closing: Timestamp?
  public var watches: [Watch]
  public var producers: [TaskReference]
  public var consumers: [TaskReference]
  /// Nil if the files are kept for ever.
  public var retention: Retention?
  /// The files that the watcher has removed; nil if it was never to remove any.
  public var removed: FileTotals?

  public init(
    dataset: Name, state: DatasetState, totals: FileTotals, unsized: Int = 0, expected: Int? = nil,
    closing: Timestamp? = nil, watches: [Watch] = [], producers: [TaskReference] = [],
    consumers: [TaskReference] = [], retention: Retention? = nil, removed: FileTotals? = nil
  ) {
    self.dataset = dataset
    self.state = state
    self.totals = totals
    self.unsized = unsized
    self.expected = expected
    self.closing = closing
    self.watches = watches
    self.producers = producers
    self.consumers = consumers
    self.retention = retention
    self.removed = removed
  }
}

extension DatasetSummary {
  private enum Key: String {
    case format, kind, dataset, state, files, bytes, unsized, expected, closing, watches, producers
    case consumers, retention, removed
  }

  private static let kind = "dataset-summary"

  /// The page.
  public var json: JSON {
    var page = RecordMembers<Key>()
    page[.format] = 1
    page[.kind] = Self.kind
    page[.dataset] = dataset
    page[.state] = state
    page[.files] = totals.files
    page[.bytes] = totals.bytes
    if unsized > 0 { page[.unsized] = unsized }
    page[.expected] = expected
    page[.closing] = closing
    if !watches.isEmpty { page[.watches] = watches }
    page[.producers] = producers
    page[.consumers] = consumers
    page[.retention] = retention
    page[.removed] = removed
    return page.json
  }

  /// Reads a page; nil if it is none of a dataset. Keys that this version does not know are passed
  /// over.
  public init?(_ json: JSON) {
    guard let page = RecordMembers<Key>(json), page[.kind] == Self.kind,
      let dataset: Name = page[.dataset], let state: DatasetState = page[.state],
      let files: Int = page[.files], let bytes: Int = page[.bytes],
      let producers: [TaskReference] = page[.producers],
      let consumers: [TaskReference] = page[.consumers]
    else { return nil }
    self.init(
      dataset: dataset, state: state, totals: FileTotals(files: files, bytes: bytes),
      unsized: page[.unsized] ?? 0, expected: page[.expected], closing: page[.closing],
      watches: page[.watches] ?? [], producers: producers, consumers: consumers,
      retention: page[.retention], removed: page[.removed])
  }
}

extension DatasetSummary.TaskReference: JSONValue {
  private enum Key: String { case task, state }

  var json: JSON {
    var members = RecordMembers<Key>()
    members[.task] = task
    members[.state] = state
    return members.json
  }

  init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let task: Name = members[.task],
      let state: TaskState = members[.state]
    else { return nil }
    self.init(task: task, state: state)
  }
}

extension DatasetSummary.Watch: JSONValue {
  private enum Key: String { case directory, pattern, closeOn, files, marked, pending, trouble }

  var json: JSON {
    var members = RecordMembers<Key>()
    members[.directory] = directory
    members[.pattern] = pattern
    members[.closeOn] = closeOn
    members[.files] = files
    members[.marked] = marked
    members[.pending] = pending
    members[.trouble] = trouble
    return members.json
  }

  init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let directory: String = members[.directory],
      let pattern: String = members[.pattern], let files: Int = members[.files]
    else { return nil }
    self.init(
      directory: directory, pattern: pattern, closeOn: members[.closeOn], files: files,
      marked: members[.marked], pending: members[.pending], trouble: members[.trouble])
  }
}
