/// An order about a task that is there: `{"kind": "hold", "task": "run42.reco"}`.
public struct ControlRequest: Equatable, Sendable {
  /// The action that is ordered.
  public enum Action: Equatable, Sendable {
    /// Ends the task: ready jobs are taken back, and running claims away.
    case cancel
    /// Takes back ready jobs; running jobs end by themselves.
    case hold
    /// Lets a held task go on.
    case release
    /// Tries failed jobs again.
    case retry(RetryOrder)
    /// Sets the priority, 0 to 9; 0 is first.
    case priority(Int)
    /// Sets the most jobs that are in ready or run at once; nil for no limit.
    case limit(Int?)
    /// Removes all records of an ended task, and frees its name. The files that it made stay.
    case forget
  }

  /// The task.
  public var task: Name
  /// The action.
  public var action: Action

  /// The kinds of order, as requests spell them.
  public static let kinds = ["cancel", "hold", "release", "retry", "priority", "limit", "forget"]

  /// Makes an order.
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
    case "forget": action = .forget
    case "retry": action = .retry(try RetryOrder(fields))
    case "limit": action = .limit(try Self.limit(fields))
    default:
      _ = try fields.required("priority", "a whole number from 0 (first) to 9")
      action = .priority(try fields.integer("priority", in: 0...9) ?? 5)
    }
  }

  /// The word for no limit.
  public static let none = "none"

  private static func limit(_ fields: Fields) throws(RequestError) -> Int? {
    let value = try fields.required("maxRunning", "a whole number from 1, or \"\(none)\"")
    if value.string == none { return nil }
    return try fields.integer("maxRunning", in: Limits.running)
  }

  private static func keys(_ kind: String) -> [String] {
    switch kind {
    case "retry": RetryOrder.keys
    case "priority": ["priority"]
    case "limit": ["maxRunning"]
    default: []
    }
  }

  /// The kind, as requests spell it.
  public var kind: String {
    switch action {
    case .cancel: "cancel"
    case .hold: "hold"
    case .release: "release"
    case .retry: "retry"
    case .priority: "priority"
    case .limit: "limit"
    case .forget: "forget"
    }
  }

  /// The order as a request holds it.
  public var json: JSONObject {
    var object = JSONObject([.init("kind", .string(kind)), .init("task", .string(task.text))])
    switch action {
    case .cancel, .hold, .release, .forget: break
    case .retry(let order): object.members += order.members
    case .priority(let priority): object["priority"] = .integer(priority)
    case .limit(let most): object["maxRunning"] = most.map { .integer($0) } ?? .string(Self.none)
    }
    return object
  }
}

/// The jobs of a task that are to be tried again, and their new limits.
public struct RetryOrder: Equatable, Sendable {
  /// True for jobs alone that have ended: that failed for good, or with ``evenDone`` are done. Else also
  /// the jobs that were cancelled, and those that were never formed.
  public var failedOnly = false
  /// The cause of the failures that are meant, `exit` and `signal` for any such; nil for all.
  public var cause: String?
  /// The task's memory limit from now on, in bytes.
  public var memory: Int?
  /// The task's wall time from now on.
  public var wall: Duration?
  /// The jobs that are meant; nil for all.
  public var jobs: JobNumbers?
  /// The task's command from now on; nil for no change.
  public var command: [Template]?
  /// True if the files of each job are to be tried one by one, each by a job of its own.
  public var splits = false
  /// True if jobs that are done are also meant: the outputs of their new attempts replace the old ones.
  public var evenDone = false

  static let keys = [
    "failedOnly", "cause", "memory", "wall", "jobs", "command", "split", "evenDone",
  ]

  /// Makes an order for all jobs.
  public init() {}

  init(_ fields: Fields) throws(RequestError) {
    failedOnly = try fields.bool("failedOnly") ?? false
    cause = try fields.string("cause")
    if let cause, !Self.isCause(cause) {
      throw fields.fault("cause", "\"\(cause)\" is no cause: \(Self.causes)")
    }
    if let text = try fields.string("jobs") {
      guard let numbers = JobNumbers(text) else {
        let found = JSON.string(text).kindName
        throw fields.fault("jobs", "expected \(JobNumbers.rule), found \(found)")
      }
      jobs = numbers
    }
    if fields.object["command"] != nil { command = try TaskSpec.command(fields) }
    splits = try fields.bool("split") ?? false
    evenDone = try fields.bool("evenDone") ?? false
    if evenDone, let key = Self.onlyFailed.first(where: { fields.object[$0] != nil }) {
      throw fields.fault(
        "evenDone", "\"\(key)\" is for jobs that failed, and this is also for those that are done")
    }
    if cause != nil || jobs != nil || splits { failedOnly = true }
    memory = try Resources.memory(fields)
    wall = try Resources.wall(fields)
  }

  /// The keys that mean jobs that failed alone.
  private static let onlyFailed = ["failedOnly", "cause", "split"]

  /// The causes that an order may name, for messages.
  public static let causes =
    "expected exit, exit2, signal, signal11, \(Cause.words.map(\.0).joined(separator: ", "))"

  /// Returns true for a cause that an order may name.
  public static func isCause(_ text: String) -> Bool {
    text == "exit" || text == "signal" || Cause(text) != nil
  }

  /// Returns true if a job with this number that failed of `cause`, as the ledger writes it, is meant.
  public func covers(_ index: Int, _ cause: String) -> Bool {
    covers(cause) && jobs?.contains(index) ?? true
  }

  /// Returns true if a job that failed of `other`, as the ledger writes it, is meant.
  public func covers(_ other: String) -> Bool {
    guard let cause else { return true }
    if cause == "exit" || cause == "signal" {
      return other.hasPrefix(cause) && Cause(other) != nil
    }
    return cause == other
  }

  var members: [JSONObject.Member] {
    var members: [JSONObject.Member] = []
    if failedOnly, !evenDone { members.append(.init("failedOnly", true)) }
    if let cause { members.append(.init("cause", .string(cause))) }
    if let memory { members.append(.init("memory", .string("\(memory)B"))) }
    if let wall { members.append(.init("wall", wall.json)) }
    if let jobs { members.append(.init("jobs", .string(jobs.text))) }
    if let command { members.append(.init("command", .array(command.map { .string($0.text) }))) }
    if splits { members.append(.init("split", true)) }
    if evenDone { members.append(.init("evenDone", true)) }
    return members
  }
}
