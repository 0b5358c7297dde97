public import SpoolModel

public struct ControlAccepted: Sendable {
  public var request: ControlRequest
  /// uid.
  public var owner: Int
  /// When it was accepted.
  public var at: Timestamp
  /// Knows the request again after a crash.
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

/// A whole dataset is to be deleted, as a person asked.
public struct DeletionAccepted: Sendable {
  public var request: DeleteRequest
  /// uid.
  public var owner: Int
  /// When it was accepted.
  public var at: Timestamp
  /// Knows the request again after a crash.
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
