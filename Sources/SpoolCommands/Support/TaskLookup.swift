internal import SpoolModel
internal import SpoolStore

/// What the spool shows of a task: its page, or where its request is.
struct TaskLookup {
  let spool: Spool

  /// The page of a task.
  struct Page {
    var json: JSON

    var name: String { json["task"]?.string ?? json["chain"]?.string ?? "?" }
    /// The steps of a chain; nil for a task.
    var steps: [JSON]? { json["kind"]?.string == "chain-summary" ? json["steps"]?.array : nil }
    /// The tasks of a chain's steps; nil for a task.
    var tasks: [Name]? { steps?.compactMap { $0["task"]?.string.flatMap { Name($0) } } }
    var state: TaskState { json["state"]?.string.flatMap { TaskState(rawValue: $0) } ?? .active }
    var reason: String? { json["reason"]?.string }
    /// Whether it is in the archive.
    var isPacked: Bool { json["packed"]?.bool ?? false }
    /// In words.
    var stands: String { state.rawValue + (isPacked ? ", packed" : "") }
    func jobs(_ key: String) -> Int { json["jobs"]?[key]?.integer ?? 0 }
  }

  enum Answer {
    case page(Page)
    /// Dropped, and not yet answered by the watcher.
    case pending
    case refused(Refusal)
    case unknown
  }

  init(_ spool: Spool) { self.spool = spool }

  func find(_ name: Name) -> Answer {
    let layout = spool.layout
    // The page of a task that ends is written before the other is removed: so this order.
    let active = page(layout.activeTask(name))
    let ended = page(layout.endedTask(name, failed: false))
    // Likewise, the archive is whole before they are removed.
    if let page = ended ?? page(layout.endedTask(name, failed: true)) ?? active ?? packed(name) {
      return .page(page)
    }
    let file = "\(name).json"
    if spool.files.isPresent("\(layout.incoming)/\(file)") { return .pending }
    if let taken = try? spool.takenRequests(), taken.contains(where: { $0.name == file }) {
      return .pending
    }
    // Between being taken and having a page it is in none of these places for a moment.
    return Refusal.latest(of: name, in: spool).map { .refused($0) } ?? .unknown
  }

  private func packed(_ name: Name) -> Page? {
    spool.archivePlaces(name, .page).lazy.compactMap { page($0) }.first
  }

  private func page(_ path: String) -> Page? {
    guard let bytes = try? spool.files.read(path, limit: 64 << 20),
      let json = try? JSON.parse(bytes)
    else { return nil }
    return Page(json: json)
  }

  /// The pages of all tasks that are not packed, in work first.
  func all() throws(FileError) -> [Page] {
    var pages: [Page] = []
    for directory in directories {
      pages += try names(in: directory).compactMap { page("\(directory)/\($0).json") }
    }
    return pages
  }

  /// The names of all tasks.
  func names() throws(FileError) -> [Name] {
    var all: [Name] = []
    for directory in directories { all += try names(in: directory) }
    return try all + packed()
  }

  /// The tasks and chains that are packed.
  func packed() throws(FileError) -> [Name] { try spool.archives().whole }

  private var directories: [String] {
    [spool.layout.running, spool.layout.done, spool.layout.failed]
  }

  private func names(in directory: String) throws(FileError) -> [Name] {
    try spool.files.list(directory, fresh: false).names
      .filter { $0.hasSuffix(".json") }.compactMap { Name($0.dropLast(5)) }.sorted()
  }
}

/// A task's name as an argument.
enum TaskArgument {
  static func name(_ text: String) throws -> Name {
    guard let name = Name(text) else {
      throw Failure(.usage, "\"\(text)\" is no task's name: \(Name.rule)")
    }
    return name
  }

  static func missing(_ name: Name, in spool: Spool) -> Failure {
    let names = (try? TaskLookup(spool).names()) ?? []
    let advice =
      Nearest.question(name.text, among: names.map(\.text)) ?? "`spool status` lists them"
    return Failure(.missing, "there is no task \(name); \(advice)")
  }
}
