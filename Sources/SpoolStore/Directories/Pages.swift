public import SpoolModel

/// Pages that say how a task, a chain or a dataset stands. The watcher rewrites them whole.
extension Spool {
  /// A page, by its subject and its place.
  public enum Page: Hashable, Sendable {
    /// `running/TASK.json`: a task or chain in work.
    case active(Name)
    /// `done/TASK.json` or `failed/TASK.json`: a task or chain that ended.
    case ended(Name, failed: Bool)
    /// `datasets/NAME.json`.
    case dataset(Name)
  }

  /// Bytes of a page that are read.
  private static let longestPage = 64 << 20

  private func path(of page: Page) -> String {
    switch page {
    case .active(let name): layout.activeTask(name)
    case .ended(let name, let failed): layout.endedTask(name, failed: failed)
    case .dataset(let name): layout.datasetPage(name)
    }
  }

  /// Returns the place of a page as people read it: `done/run42.reco.json`.
  public func place(of page: Page) -> String { relative(path(of: page)) }

  /// Rewrites a page, with its seal (``SealedJSON``), atomically for every reader.
  public func write(_ text: [UInt8], to page: Page) throws(FileError) {
    try files.replace(path(of: page), SealedJSON.seal(text))
  }

  /// Removes a page, and with that of a task in work what a crash may have left of its writing. A page
  /// that is gone is fine.
  public func remove(_ page: Page) throws(FileError) {
    let path = path(of: page)
    try files.removeIfPresent(path)
    if case .active = page { try files.removeIfPresent(files.hidden(path)) }
  }

  /// Reads a page; nil where none can be read now, or it is not as it was written.
  public func read(_ page: Page) -> JSON? { readPage(path(of: page)) }

  /// Reads the page of a packed task or chain; nil where none can be read now.
  public func readPackedPage(_ name: Name) -> JSON? {
    archivePlaces(name, .page).lazy.compactMap { readPage($0) }.first
  }

  private func readPage(_ path: String) -> JSON? {
    guard let bytes = try? files.read(path, limit: Self.longestPage),
      SealedJSON.check(bytes) != .damaged, var object = (try? JSON.parse(bytes))?.object
    else { return nil }
    object["crc32"] = nil
    return .object(object)
  }

  /// Returns true if the seal of a page is right. A page of an earlier version has none, and ends in a
  /// brace on a line of its own.
  private static func isSound(page bytes: [UInt8]) -> Bool {
    switch SealedJSON.check(bytes) {
    case .intact: true
    case .damaged: false
    case .unsealed: bytes.suffix(3) == Array("\n}\n".utf8)[...]
    }
  }

  /// Returns true where a page is there as the watcher wrote it: a power cut may leave it torn. A
  /// page that is longer than any that a watcher writes is not.
  public func isWhole(_ page: Page, whereMissing: Bool = false) throws(FileError) -> Bool {
    try isWhole(pageAt: path(of: page), whereMissing: whereMissing)
  }

  func isWhole(pageAt path: String, whereMissing: Bool = false) throws(FileError) -> Bool {
    do throws(FileError) {
      // A page holds its request, and of a list an entry a line.
      guard let bytes = try files.readIfPresent(path, limit: 4 * Limits.request) else {
        return whereMissing
      }
      return Self.isSound(page: bytes) && (try? JSON.parse(bytes)) != nil
    } catch {
      guard error.isTooLarge else { throw error }
      return false
    }
  }

  /// Lists the names that have a page in a room, sorted: of tasks and chains in `.running`, `.done`
  /// and `.failed`, of datasets in `.datasets`.
  public func pages(in room: Room, fresh: Bool) throws(FileError) -> [Name] {
    try names(in: room, fresh: fresh)
      .filter { $0.hasSuffix(".json") }.compactMap { Name($0.dropLast(5)) }.sorted()
  }

  /// Removes the page and the catalogue of a dataset that is forgotten. Not durable before
  /// ``syncDatasets()``.
  public func removeDataset(_ name: Name) throws(FileError) {
    try remove(.dataset(name))
    for path in paths(of: .catalogue(name)) + paths(of: .replaced(name)) {
      try files.removeIfPresent(path)
    }
  }

  /// Makes the names in `datasets/` durable.
  public func syncDatasets() throws(FileError) { try files.syncDirectory(layout.datasets) }

  /// Reads `STATUS`; nil where it cannot be read now.
  public func readStatus() -> [UInt8]? { try? files.read(layout.status, limit: 1 << 20) }
}
