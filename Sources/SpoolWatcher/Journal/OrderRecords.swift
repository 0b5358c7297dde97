public import SpoolModel

/// The record of a person's order about a task or chain.
public struct ControlAccepted: Sendable {
  /// The order.
  public var request: ControlRequest
  /// The uid of the request's owner.
  public var owner: Int
  /// The time of acceptance.
  public var at: Timestamp
  /// The key by which the watcher recognises the request after a crash (R6).
  public var key: String
}

extension ControlAccepted {
  var json: JSONObject {
    JSONObject(
      "control",
      [
        ("owner", .integer(owner)), ("at", at.json), ("key", .string(key)),
        ("request", .object(request.json)),
      ])
  }

  init?(_ json: JSONObject) {
    guard let request = json["request"], let owner = json["owner"]?.integer,
      let at = json["at"]?.timestamp, let key = json["key"]?.string,
      case .control(let control)? = try? Request(request, root: "/")
    else { return nil }
    self.init(request: control, owner: owner, at: at, key: key)
  }
}

/// The record of a person's order to delete a whole dataset.
public struct DeletionAccepted: Sendable {
  /// The order.
  public var request: DeleteRequest
  /// The uid of the request's owner.
  public var owner: Int
  /// The time of acceptance.
  public var at: Timestamp
  /// The key by which the watcher recognises the request after a crash (R6).
  public var key: String
}

extension DeletionAccepted {
  var json: JSONObject {
    JSONObject(
      "deleting",
      [
        ("owner", .integer(owner)), ("at", at.json), ("key", .string(key)),
        ("request", .object(request.json)),
      ])
  }

  init?(_ json: JSONObject) {
    guard let request = json["request"], let owner = json["owner"]?.integer,
      let at = json["at"]?.timestamp, let key = json["key"]?.string,
      case .delete(let delete)? = try? Request(request, root: "/")
    else { return nil }
    self.init(request: delete, owner: owner, at: at, key: key)
  }
}
