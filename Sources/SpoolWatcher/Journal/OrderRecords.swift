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
  var line: RecordLine {
    [
      .type: RecordType.control.json, .owner: owner.json, .at: at.json, .key: key.json,
      .request: .object(request.json),
    ]
  }

  init?(_ line: RecordLine) {
    guard let request: JSON = line[.request], let owner: Int = line[.owner],
      let at: Timestamp = line[.at], let key: String = line[.key],
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
  var line: RecordLine {
    [
      .type: RecordType.deleting.json, .owner: owner.json, .at: at.json, .key: key.json,
      .request: .object(request.json),
    ]
  }

  init?(_ line: RecordLine) {
    guard let request: JSON = line[.request], let owner: Int = line[.owner],
      let at: Timestamp = line[.at], let key: String = line[.key],
      case .delete(let delete)? = try? Request(request, root: "/")
    else { return nil }
    self.init(request: delete, owner: owner, at: at, key: key)
  }
}
