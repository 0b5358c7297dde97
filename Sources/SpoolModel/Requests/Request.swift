/// A request of any kind that a `.json` file in `incoming/` may hold.
public enum Request: Equatable, Sendable {
  /// A task.
  case task(TaskSpec)
  /// A chain.
  case chain(ChainSpec)
  /// A dataset manifest.
  case dataset(DatasetManifest)
  /// An order about a task.
  case control(ControlRequest)
  /// An order to delete a dataset's files.
  case delete(DeleteRequest)

  static let kinds = ["task", "chain", "dataset"] + ControlRequest.kinds + [DeleteRequest.kind]

  /// Reads a request; relative paths are taken from `root`. Where `config` is given, tasks get the
  /// spool's container (``SpoolConfig/completed(_:)``). Fails with the line and the key that are wrong.
  public init(
    _ bytes: [UInt8], root: String, config: SpoolConfig? = nil
  ) throws(RequestError) {
    let json: JSON
    do throws(JSONError) {
      json = try JSON.parse(bytes, most: Limits.requestValues)
    } catch {
      throw RequestError(error)
    }
    if case .object(let object) = json, let config {
      try self.init(.object(config.completed(object)), root: root)
    } else {
      try self.init(json, root: root)
    }
  }

  /// Reads a request from JSON; relative paths are taken from `root`. Fails with the key that is
  /// wrong.
  public init(_ json: JSON, root: String) throws(RequestError) {
    guard let object = json.object else {
      throw RequestError("expected an object with \"kind\", found \(json.kindName)")
    }
    switch try Self.kind(object) {
    case "task": self = .task(try TaskSpec(json, root: root))
    case "chain": self = .chain(try ChainSpec(json, root: root))
    case "dataset": self = .dataset(try DatasetManifest(json, root: root))
    case DeleteRequest.kind: self = .delete(try DeleteRequest(json))
    case let kind: self = .control(try ControlRequest(json, kind: kind))
    }
  }

  /// Returns a request, not yet checked, with its tasks changed by `body`: itself, or the steps of a
  /// chain. A request that makes no task stays as it is.
  public static func mapTasks(_ json: JSON, _ body: (JSONObject) -> JSONObject) -> JSON {
    guard case .object(var object) = json else { return json }
    if let steps = object["steps"]?.array {
      object["steps"] = .array(steps.map { mapTasks($0, body) })
    } else if object["command"] != nil {
      object = body(object)
    }
    return .object(object)
  }

  /// Returns the kind that an object says it is; fails for an unknown one.
  public static func kind(_ object: JSONObject) throws(RequestError) -> String {
    let known = "expected \(kinds.joined(separator: ", "))"
    guard let value = object["kind"] else { throw RequestError(key: "kind", "missing: \(known)") }
    guard let kind = value.string, kinds.contains(kind) else {
      let advice = value.string.flatMap { Nearest.question($0, among: kinds) } ?? known
      throw RequestError(
        line: object.line(of: "kind"), key: "kind",
        "no kind of request: \(value.kindName); \(advice)")
    }
    return kind
  }
}
