/// The page of a dataset, `datasets/NAME.json`: its state, its size, and the tasks that fill or read
/// it. The watcher rewrites it at most once a second.
public struct DatasetSummary: Equatable, Sendable {
  /// A task that fills or reads the dataset.
  public struct TaskReference: Equatable, Sendable {
    /// The task.
    public var task: Name
    /// The state of the task.
    public var state: TaskState

    /// Makes a reference.
    public init(task: Name, state: TaskState) {
      self.task = task
      self.state = state
    }
  }

  /// A directory whose files join the dataset as they appear.
  public struct Watch: Equatable, Sendable {
    /// The directory, absolute.
    public var directory: String
    /// The pattern of the names that join.
    public var pattern: String
    /// The name of the marker file that closes the dataset.
    public var closeOn: String?
    /// The number of files that have joined.
    public var files: Int
    /// The time at which the watcher saw the marker.
    public var marked: Timestamp?
    /// The number of files that are not whole yet.
    public var pending: Int?
    /// The reason why the directory cannot be read.
    public var trouble: String?

    /// Makes a watch.
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

  /// The dataset.
  public var dataset: Name
  /// The state of the dataset.
  public var state: DatasetState
  /// The number of all files, and the size of those whose size is known.
  public var totals: FileTotals
  /// The number of files whose size is not known.
  public var unsized: Int
  /// The number of files that a manifest named.
  public var expected: Int?
  /// The time since when the dataset is to close, until it does.
  public var closing: Timestamp?
  /// The directories whose files join.
  public var watches: [Watch]
  /// The tasks that fill the dataset.
  public var producers: [TaskReference]
  /// The tasks that read the dataset.
  public var consumers: [TaskReference]
  /// The time for which the files are kept; nil for ever.
  public var retention: Retention?
  /// The files that the watcher has removed; nil if it was never to remove any.
  public var removed: FileTotals?

  /// Makes a page.
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

  public var json: JSON {
    var members = RecordMembers<Key>()
    members[.task] = task
    members[.state] = state
    return members.json
  }

  public init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let task: Name = members[.task],
      let state: TaskState = members[.state]
    else { return nil }
    self.init(task: task, state: state)
  }
}

extension DatasetSummary.Watch: JSONValue {
  private enum Key: String { case directory, pattern, closeOn, files, marked, pending, trouble }

  public var json: JSON {
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

  public init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let directory: String = members[.directory],
      let pattern: String = members[.pattern], let files: Int = members[.files]
    else { return nil }
    self.init(
      directory: directory, pattern: pattern, closeOn: members[.closeOn], files: files,
      marked: members[.marked], pending: members[.pending], trouble: members[.trouble])
  }
}
