/// What a person asks of a task that is there: `{"kind": "hold", "task": "run42.reco"}`.
public struct ControlRequest: Equatable, Sendable {
  public enum Action: Equatable, Sendable {
    /// Takes back what is ready, and running claims away; the task ends.
    case cancel
    /// Takes back what is ready; running jobs end by themselves.
    case hold
    case release
    case retry(RetryOrder)
    /// 0 to 9, 0 first.
    case priority(Int)
  }

  public var task: Name
  public var action: Action

  public static let kinds = ["cancel", "hold", "release", "retry", "priority"]

  public init(task: Name, action: Action) {
    self.task = task
    self.action = action
  }

  /// Reads a request of one of `kinds`.
  init(_ json: JSON, kind: String) throws(RequestError) {
    let fields = try Fields(json, keys: ["kind", "task"] + Self.keys(kind))
    task = try fields.name("task", "the task's name")
    switch kind {
    case "cancel": action = .cancel
    case "hold": action = .hold
    case "release": action = .release
    case "retry": action = .retry(try RetryOrder(fields))
    default:
      _ = try fields.required("priority", "a whole number from 0 (first) to 9")
      action = .priority(try fields.integer("priority", in: 0...9) ?? 5)
    }
  }

  private static func keys(_ kind: String) -> [String] {
    switch kind {
    case "retry": RetryOrder.keys
    case "priority": ["priority"]
    default: []
    }
  }

  public var kind: String {
    switch action {
    case .cancel: "cancel"
    case .hold: "hold"
    case .release: "release"
    case .retry: "retry"
    case .priority: "priority"
    }
  }

  public var json: JSONObject {
    var object = JSONObject([.init("kind", .string(kind)), .init("task", .string(task.text))])
    switch action {
    case .cancel, .hold, .release: break
    case .retry(let order): object.members += order.members
    case .priority(let priority): object["priority"] = .integer(priority)
    }
    return object
  }
}

/// Which jobs of a task are to be tried again, and with what limits.
public struct RetryOrder: Equatable, Sendable {
  /// Only jobs that failed for good; otherwise also those that were cancelled, and those that
  /// were never formed.
  public var failedOnly = false
  /// Only jobs that failed for good of this: a cause, or `exit` or `signal` for any such.
  public var cause: String?
  /// Bytes: the task's memory limit from now on.
  public var memory: Int?
  /// The task's wall time from now on.
  public var wall: Duration?

  static let keys = ["failedOnly", "cause", "memory", "wall"]

  public init() {}

  init(_ fields: Fields) throws(RequestError) {
    failedOnly = try fields.bool("failedOnly") ?? false
    cause = try fields.string("cause")
    if let cause, !Self.isCause(cause) {
      throw fields.fault("cause", "\"\(cause)\" is no cause: \(Self.causes)")
    }
    if cause != nil { failedOnly = true }
    memory = try Resources.memory(fields)
    wall = try Resources.wall(fields)
  }

  /// For people.
  public static let causes =
    "expected exit, exit2, signal, signal11, \(Cause.words.map(\.0).joined(separator: ", "))"

  public static func isCause(_ text: String) -> Bool {
    text == "exit" || text == "signal" || Cause(text) != nil
  }

  /// Whether a job that failed of `other`, as the ledger writes it, is meant.
  public func covers(_ other: String) -> Bool {
    guard let cause else { return true }
    if cause == "exit" || cause == "signal" {
      return other.hasPrefix(cause) && Cause(other) != nil
    }
    return cause == other
  }

  var members: [JSONObject.Member] {
    var members: [JSONObject.Member] = []
    if failedOnly { members.append(.init("failedOnly", true)) }
    if let cause { members.append(.init("cause", .string(cause))) }
    if let memory { members.append(.init("memory", .string("\(memory)B"))) }
    if let wall { members.append(.init("wall", wall.json)) }
    return members
  }
}
