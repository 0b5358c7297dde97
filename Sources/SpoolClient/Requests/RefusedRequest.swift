public import SpoolModel
public import SpoolStore

/// A request that the watcher refused, as it lies in `failed/@refused/` with its reason.
public struct RefusedRequest {
  /// The reason in words.
  public var reason: String
  /// The time at which the watcher wrote the reason, by the clock of the filesystem.
  public var at: Timestamp

  /// The number of requests that are opened to find one by the name in it, not by its file's.
  private static let mostOpened = 500

  /// Returns the latest refused request for a task: by the name of its file, or the name in it.
  public static func latest(of name: Name, in spool: Spool) -> RefusedRequest? {
    let requests = (try? spool.refusedRequests()) ?? []
    let mayOpen = requests.count <= mostOpened
    return requests.filter {
      RequestName.isOf(name, $0) || mayOpen && requestsTask($0, name, spool)
    }
    .compactMap { read($0, spool) }.max { $0.at < $1.at }
  }

  /// Returns the refused request that was dropped as this file; nil if it was not refused.
  public static func named(_ file: String, in spool: Spool) throws(FileError) -> RefusedRequest? {
    try spool.refusal(of: file).map { RefusedRequest(reason: $0.reason.trimmed, at: $0.at) }
  }

  /// Reads a refused request, and returns true if it asks for this task.
  private static func requestsTask(_ file: String, _ name: Name, _ spool: Spool) -> Bool {
    guard file.hasSuffix(".json"), let bytes = spool.readRefused(file) else { return false }
    return RequestHeader(bytes)?.makes(name) ?? false
  }

  private static func read(_ file: String, _ spool: Spool) -> RefusedRequest? {
    (try? named(file, in: spool)) ?? nil
  }
}
