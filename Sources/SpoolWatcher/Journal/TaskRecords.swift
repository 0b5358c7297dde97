public import SpoolModel

/// The record of an accepted task.
public struct TaskAccepted: Sendable {
  /// The accepted specification.
  public var spec: TaskSpec
  /// The random id that tells this task from others that had the same name (R6).
  public var incarnation: String
  /// The uid of the request's owner.
  public var owner: Int
  /// The time of acceptance.
  public var at: Timestamp
  /// The CRC-32 of the request's bytes, by which the watcher recognises a request after a crash.
  public var digest: String
}

extension TaskAccepted {
  var line: RecordLine {
    [
      .type: RecordType.task.json, .incarnation: incarnation.json, .owner: owner.json, .at: at.json,
      .digest: digest.json, .request: .object(spec.source),
    ]
  }

  init?(_ line: RecordLine) {
    guard let request: JSON = line[.request], let spec = try? TaskSpec(request, root: "/"),
      let incarnation: String = line[.incarnation], let owner: Int = line[.owner],
      let at: Timestamp = line[.at], let digest: String = line[.digest]
    else { return nil }
    self.init(spec: spec, incarnation: incarnation, owner: owner, at: at, digest: digest)
  }
}

/// The record of an accepted chain and the tasks of its steps.
public struct ChainAccepted: Sendable {
  /// The accepted specification.
  public var spec: ChainSpec
  /// The incarnation that all its tasks share.
  public var incarnation: String
  /// The uid of the request's owner.
  public var owner: Int
  /// The time of acceptance.
  public var at: Timestamp
  /// The CRC-32 of the request's bytes, by which the watcher recognises a request after a crash.
  public var digest: String
}

extension ChainAccepted {
  var line: RecordLine {
    [
      .type: RecordType.chain.json, .incarnation: incarnation.json, .owner: owner.json,
      .at: at.json, .digest: digest.json, .request: .object(spec.source),
    ]
  }

  init?(_ line: RecordLine) {
    guard let request: JSON = line[.request], let spec = try? ChainSpec(request, root: "/"),
      let incarnation: String = line[.incarnation], let owner: Int = line[.owner],
      let at: Timestamp = line[.at], let digest: String = line[.digest]
    else { return nil }
    self.init(spec: spec, incarnation: incarnation, owner: owner, at: at, digest: digest)
  }
}
