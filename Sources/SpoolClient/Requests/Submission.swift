internal import Glibc
public import SpoolModel
public import SpoolStore

/// A request on its way into the spool: what somebody wrote, or an order, comes in, and out goes a
/// checked request that does not depend on the directory of its author, as a file in `incoming/`.
/// `RequestDelivery` waits for the watcher's answer to it.
public struct Submission: Sendable {
  /// The request by its kind.
  public enum Content: Sendable {
    /// A task.
    case task(TaskSpec)
    /// A chain.
    case chain(ChainSpec)
    /// A manifest, its paths absolute.
    case manifest(Name, [UInt8])
    /// An order about a task.
    case order(ControlRequest)
    /// An order to delete the files of a dataset.
    case delete(DeleteRequest)
  }

  /// The request.
  public var content: Content
  /// The file's name in `incoming/`.
  public var fileName: String
  /// Members that are added to an order: `x-…` keys.
  public var marks: [JSONObject.Member] = []

  /// Makes a request of JSON that somebody wrote. Relative paths are taken from `root`. Fails with the
  /// key that is wrong.
  public init(_ json: JSON, root: String) throws(RequestError) {
    (content, fileName) = try Self.request(json, root: root)
  }

  /// Makes a manifest of lines (`.jsonl`). Relative paths are taken from `root`. Fails with the line and
  /// the key that are wrong.
  public init(lines bytes: [UInt8], root: String) throws(RequestError) {
    (content, fileName) = try Self.lines(bytes, root: root)
  }

  /// Fails for a request that the watcher would refuse for its size.
  public func checkSize() throws {
    let bytes = contents
    guard bytes.count <= Limits.request else {
      throw Failure(
        .usage,
        "the request would have \(Units.text(bytes: bytes.count)), and \(Limits.request >> 20) MiB may "
          + "be: divide it into several tasks")
    }
    do throws(JSONError) {
      _ = try JSON.parse(bytes, most: Limits.requestValues)
    } catch {
      throw Failure(
        .usage,
        "the request would hold more than \(Limits.requestValues) values: divide it into several tasks"
      )
    }
  }

  /// Makes a request of an order about a task.
  public init(_ order: ControlRequest) {
    content = .order(order)
    fileName = "\(order.kind).\(order.task).json"
  }

  /// Makes a manifest without files, which closes its dataset.
  public init(closing dataset: Name) {
    let manifest: JSON = [
      "kind": "dataset", "name": .string(dataset.text), "closed": true,
    ]
    content = .manifest(dataset, manifest.pretty)
    fileName = "\(dataset).json"
  }

  /// Makes a request of an order to delete a dataset.
  public init(_ order: DeleteRequest) {
    content = .delete(order)
    fileName = "\(DeleteRequest.kind).\(order.dataset).json"
  }

  private static func request(
    _ json: JSON, root: String
  ) throws(RequestError) -> (Content, String) {
    switch try Request(json, root: root) {
    case .task(let spec): return (.task(spec), "\(spec.name).json")
    case .chain(let spec): return (.chain(spec), "\(spec.name).json")
    case .dataset(let manifest):
      var source = manifest.header.source
      source["files"] = .array(manifest.files.map(line))
      return (
        .manifest(manifest.header.name, JSON.object(source).pretty),
        "\(manifest.header.name).json"
      )
    case .control(let order):
      let submission = Submission(order)
      return (submission.content, submission.fileName)
    case .delete(let order):
      let submission = Submission(order)
      return (submission.content, submission.fileName)
    }
  }

  private static func lines(
    _ bytes: [UInt8], root: String
  ) throws(RequestError) -> (Content, String) {
    var out: [UInt8] = []
    var header: ManifestHeader?
    for (index, line) in bytes.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
      guard line.contains(where: { $0 > 32 }) else { continue }
      let json: JSON
      do throws(JSONError) {
        json = try JSON.parse(Array(line), firstLine: index + 1)
      } catch {
        throw RequestError(error)
      }
      if header == nil {
        let read = try ManifestHeader(line: json, root: root)
        header = read
        out += JSON.object(read.source).compact + [10]
      } else {
        out += Self.line(try ManifestEntry(json, root: root, line: index + 1)).compact + [10]
      }
    }
    guard let header else { throw RequestError("the file is empty") }
    return (.manifest(header.name, out), "\(header.name).jsonl")
  }

  private static func line(_ entry: ManifestEntry) -> JSON {
    guard case .object(var object) = entry.file.json else { return .null }
    if let meta = entry.meta { object["meta"] = .object(meta) }
    return .object(object)
  }

  /// The bytes that go into `incoming/`.
  public var contents: [UInt8] {
    switch content {
    case .task(let spec): JSON.object(spec.source).pretty
    case .chain(let spec): JSON.object(spec.source).pretty
    case .manifest(_, let bytes): bytes
    case .order(let order): marked(order.json)
    case .delete(let order): marked(order.json)
    }
  }

  private func marked(_ order: JSONObject) -> [UInt8] {
    JSON.object(JSONObject(order.members + marks)).pretty
  }

  /// Drops the request: writes it under a hidden name, then renames it, so that the watcher sees it
  /// whole. Returns its name in `incoming/`, which no other request has: by it this one's answer is told
  /// from those to others of the same task's name. `writer` is a number that no other writer has in the
  /// same millisecond: a process that drops many gives each its own.
  public func drop(
    into spool: Spool, by writer: Int? = nil
  ) throws(FileError) -> String {
    let name = RequestName.unique(fileName, at: SystemTime().timestamp, by: writer ?? Int(getpid()))
    try spool.drop(contents, as: name, by: "\(writer ?? Int(getpid()))")
    return name
  }
}
