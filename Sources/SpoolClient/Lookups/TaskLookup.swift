public import SpoolModel
public import SpoolStore

/// The pages of tasks and chains: a name comes in, and out comes its page, or the place of its
/// request if the watcher has not written a page. Everything that a command says about a task comes
/// from here, from the ledger (`LedgerReader`) and from the directories of jobs (`JobPlaces`).
public struct TaskLookup {
  /// The spool.
  public let spool: Spool

  /// The state of a name in the spool.
  public enum Answer {
    /// The page.
    case page(TaskPage)
    /// Dropped, and not yet answered by the watcher; with the request, where it can be read.
    case pending([UInt8]?)
    /// Refused by the watcher.
    case refused(RefusedRequest)
    /// Not there.
    case unknown
  }

  /// Makes the lookup of a spool.
  public init(_ spool: Spool) { self.spool = spool }

  /// The number of requests that are opened to find one by the name in it, not by its file's.
  private static let mostOpened = 500

  /// Returns the page of a task or a chain, or the place of its request.
  public func find(_ name: Name) -> Answer {
    spool.refresh([.running, .done, .failed, .archives])
    // The page of a task that ends is written before the other is removed: so this order.
    let active = page(.active(name))
    let ended = page(.ended(name, failed: false))
    // Likewise, the archive is whole before they are removed.
    if let page = ended ?? page(.ended(name, failed: true)) ?? active ?? packed(name) {
      return .page(page)
    }
    if let request = pending(name) { return .pending(request) }
    // Between being taken and having a page it is in none of these places for a moment.
    return RefusedRequest.latest(of: name, in: spool).map { .refused($0) } ?? .unknown
  }

  /// Returns the same for a verb that may follow a `submit` at once: waits for what was dropped a
  /// moment ago, and has no page yet. A name that nobody dropped is told at once in a quiet spool.
  public func findDropped(_ name: Name) throws -> Answer {
    let look = FreshLook(spool)
    return try look.result {
      find(name)
    } isThere: {
      if case .unknown = $0 { false } else { true }
    }
  }

  /// Returns the page for a verb that may follow a `submit` at once; nil for a request that no watcher has
  /// taken yet. Fails for a task that was refused, or that is not there.
  public func droppedPage(_ name: Name) throws -> TaskPage? {
    switch try findDropped(name) {
    case .page(let page): return page
    case .pending: return nil
    case .refused(let request): throw Failure(.failed, "\(name) was refused: \(request.reason)")
    case .unknown: throw TaskArgument.missing(name, in: spool)
    }
  }

  /// What is said of a request that no watcher has taken yet.
  public static func pendingWords(_ name: Name) -> String {
    "\(name) is dropped, and not yet taken by a watcher"
  }

  /// Returns the request for the task that lies in `incoming/`, or was taken and not yet answered: found
  /// by the name of its file, or by what is in it. It moves from the one to the other. Nil if there is
  /// none, and nil inside where it cannot be read.
  private func pending(_ name: Name) -> [UInt8]?? {
    let dropped = (try? spool.names(in: .incoming, fresh: true)) ?? []
    if let file = dropped.first(where: { RequestName.isOf(name, $0) }) {
      return .some((try? spool.peek(file)) ?? nil)
    }
    let taken = (try? spool.takenRequests()) ?? []
    if let file = taken.first(where: { RequestName.isOf(name, $0.name) }) {
      return .some(try? spool.read(file))
    }
    let isRequest = { (file: String) in file.hasSuffix(".json") && !file.hasPrefix(".") }
    let makes = { (bytes: [UInt8]) in RequestHeader(bytes)?.makes(name) ?? false }
    for file in dropped.filter(isRequest).prefix(Self.mostOpened) {
      if let bytes = (try? spool.peek(file)) ?? nil, makes(bytes) { return bytes }
    }
    for file in taken.filter({ isRequest($0.name) }).prefix(Self.mostOpened) {
      if let bytes = try? spool.read(file), makes(bytes) { return bytes }
    }
    return nil
  }

  /// Returns the page of a task or a chain; nil if there is none.
  public func page(of name: Name) -> TaskPage? {
    if case .page(let page) = find(name) { page } else { nil }
  }

  private func packed(_ name: Name) -> TaskPage? {
    spool.readPackedPage(name).flatMap { TaskPage($0) }
  }

  private func page(_ page: Spool.Page) -> TaskPage? {
    spool.read(page).flatMap { TaskPage($0) }
  }

  /// Returns the pages of all tasks that are not packed, those in work first.
  public func all() throws(FileError) -> [TaskPage] {
    var pages = try spool.pages(in: .running, fresh: false).compactMap { page(.active($0)) }
    for failed in [false, true] {
      pages += try spool.pages(in: .outcome(failed: failed), fresh: false)
        .compactMap { page(.ended($0, failed: failed)) }
    }
    return pages
  }

  /// Returns the names of all tasks and chains.
  public func names() throws(FileError) -> [Name] {
    var all: [Name] = []
    for room in [Spool.Room.running, .done, .failed] {
      all += try spool.pages(in: room, fresh: false)
    }
    return try all + packed()
  }

  /// Returns the names of the tasks and chains that are packed.
  public func packed() throws(FileError) -> [Name] { try spool.archives().whole }
}
