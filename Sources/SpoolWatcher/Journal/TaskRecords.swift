public import SpoolModel

public struct TaskAccepted: Sendable {
  public var spec: TaskSpec
  public var incarnation: String
  /// uid.
  public var owner: Int
  /// When it was accepted.
  public var at: Timestamp
  /// CRC-32 of the request's bytes: knows a request that is seen again after a crash.
  public var digest: String
}

extension TaskAccepted {
  var json: JSONObject {
    JSONObject(
      "task",
      [
        ("incarnation", .string(incarnation)), ("owner", .integer(owner)), ("at", at.json),
        ("digest", .string(digest)), ("request", .object(spec.source)),
      ])
  }

  init?(_ json: JSONObject) {
    guard let request = json["request"], let spec = try? TaskSpec(request, root: "/"),
      let incarnation = json["incarnation"]?.string, let owner = json["owner"]?.integer,
      let at = json["at"]?.timestamp, let digest = json["digest"]?.string
    else { return nil }
    self.init(spec: spec, incarnation: incarnation, owner: owner, at: at, digest: digest)
  }
}

public struct ChainAccepted: Sendable {
  public var spec: ChainSpec
  /// Of all its tasks.
  public var incarnation: String
  /// uid.
  public var owner: Int
  /// When it was accepted.
  public var at: Timestamp
  /// CRC-32 of the request's bytes.
  public var digest: String
}

extension ChainAccepted {
  var json: JSONObject {
    JSONObject(
      "chain",
      [
        ("incarnation", .string(incarnation)), ("owner", .integer(owner)), ("at", at.json),
        ("digest", .string(digest)), ("request", .object(spec.source)),
      ])
  }

  init?(_ json: JSONObject) {
    guard let request = json["request"], let spec = try? ChainSpec(request, root: "/"),
      let incarnation = json["incarnation"]?.string, let owner = json["owner"]?.integer,
      let at = json["at"]?.timestamp, let digest = json["digest"]?.string
    else { return nil }
    self.init(spec: spec, incarnation: incarnation, owner: owner, at: at, digest: digest)
  }
}
