public import SpoolModel

/// `incoming/` as users see it, and requests that the watcher has taken.
extension Spool {
  /// Drops a request into `incoming/`, whole at once and durable. `writer` keeps two that drop one
  /// name apart. Fails with `EEXIST` where the name is there already.
  public func drop(
    _ contents: [UInt8], as name: String, by writer: String
  ) throws(FileError) {
    let hidden = "\(layout.incoming)/.\(name).\(writer)"
    try files.create(hidden, contents, durable: true)
    do throws(FileError) {
      try files.renameIfFree(hidden, to: "\(layout.incoming)/\(name)")
    } catch {
      try files.removeIfPresent(hidden)
      throw error
    }
  }

  /// Returns true where a request certainly lies in `incoming/`.
  public func isDropped(_ name: String) -> Bool { files.isPresent("\(layout.incoming)/\(name)") }

  /// Returns true where something was dropped or taken so shortly before the watcher's last heartbeat,
  /// or after it, that pages may not show it. Both times are of the filesystem's clock.
  public func hasFreshRequests(_ margin: Duration = .seconds(3)) -> Bool {
    guard let changed = (try? files.attributes(of: layout.incoming))?.modifiedAt,
      let beat = (try? files.attributes(of: layout.watcher))?.modifiedAt
    else { return false }
    return changed + margin > beat
  }

  /// Returns the attributes of a request that was taken.
  public func attributes(of taken: Taken) throws(FileError) -> FileAttributes {
    try files.attributes(of: path(taken))
  }

  /// Reads a request that was taken. Fails where it is larger than a request may be.
  public func read(_ taken: Taken) throws(FileError) -> [UInt8] {
    try files.read(path(taken), limit: Limits.request)
  }

  /// Opens a request that was taken, to be read line by line. The caller closes it.
  public func open(_ taken: Taken) throws(FileError) -> any OpenFile {
    try files.open(path(taken), .read)
  }
}

/// `failed/@refused/`: requests that were refused, each with a `.reason` beside it.
extension Spool {
  private static let reasonEnding = ".reason"
  /// Bytes of a refused request, or of a reason, that are read.
  private static let longestRefused = 1 << 20

  /// The reason for which a request was refused.
  public struct Refused: Equatable, Sendable {
    /// The reason, as the watcher wrote it.
    public var reason: String
    /// The moment at which the reason was written, by the filesystem's clock.
    public var at: Timestamp
  }

  /// Lists the requests that have a reason beside them, by the names of their files.
  public func refusedRequests() throws(FileError) -> [String] {
    try names(in: .refused, fresh: true)
      .filter { $0.hasSuffix(Self.reasonEnding) }.map {
        String($0.dropLast(Self.reasonEnding.count))
      }
  }

  /// Returns the reason for a refusal and its time; nil where the request was not refused.
  public func refusal(of name: String) throws(FileError) -> Refused? {
    let path = "\(layout.refused)/\(name)\(Self.reasonEnding)"
    guard let bytes = try files.readIfPresent(path, limit: Self.longestRefused),
      let attributes = try files.attributesIfPresent(path)
    else { return nil }
    return Refused(reason: String(decoding: bytes, as: UTF8.self), at: attributes.modifiedAt)
  }

  /// Reads a request that was refused; nil where it cannot be read now.
  public func readRefused(_ name: String) -> [UInt8]? {
    try? files.read("\(layout.refused)/\(name)", limit: Self.longestRefused)
  }
}
