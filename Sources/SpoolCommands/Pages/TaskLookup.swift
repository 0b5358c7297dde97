internal import SpoolModel
internal import SpoolStore

/// The pages of tasks and chains: a name comes in, and out comes its page, or the place of its
/// request if the watcher has not written a page. Everything that a command says about a task comes
/// from here, from the ledger (`LedgerReader`) and from the directories of jobs (`JobPlaces`).
struct TaskLookup {
  let spool: Spool

  /// The state of a name in the spool.
  enum Answer {
    case page(TaskPage)
    /// Dropped, and not yet answered by the watcher.
    case pending
    case refused(RefusedRequest)
    case unknown
  }

  init(_ spool: Spool) { self.spool = spool }

  /// Returns the page of a task or a chain, or the place of its request.
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
    return RefusedRequest.latest(of: name, in: spool).map { .refused($0) } ?? .unknown
  }

  /// Returns the page of a task or a chain; nil if there is none.
  func page(of name: Name) -> TaskPage? {
    if case .page(let page) = find(name) { page } else { nil }
  }

  private func packed(_ name: Name) -> TaskPage? {
    spool.archivePlaces(name, .page).lazy.compactMap { page($0) }.first
  }

  private func page(_ path: String) -> TaskPage? {
    guard let bytes = try? spool.files.read(path, limit: 64 << 20),
      let json = try? JSON.parse(bytes)
    else { return nil }
    return TaskPage(json)
  }

  /// Returns the pages of all tasks that are not packed, those in work first.
  func all() throws(FileError) -> [TaskPage] {
    var pages: [TaskPage] = []
    for directory in directories {
      pages += try names(in: directory).compactMap { page("\(directory)/\($0).json") }
    }
    return pages
  }

  /// Returns the names of all tasks and chains.
  func names() throws(FileError) -> [Name] {
    var all: [Name] = []
    for directory in directories { all += try names(in: directory) }
    return try all + packed()
  }

  /// Returns the names of the tasks and chains that are packed.
  func packed() throws(FileError) -> [Name] { try spool.archives().whole }

  private var directories: [String] {
    [spool.layout.running, spool.layout.done, spool.layout.failed]
  }

  private func names(in directory: String) throws(FileError) -> [Name] {
    try spool.files.list(directory, fresh: false).names
      .filter { $0.hasSuffix(".json") }.compactMap { Name($0.dropLast(5)) }.sorted()
  }
}
