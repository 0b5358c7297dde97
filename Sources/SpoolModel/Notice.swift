/// A notice for the command that a site wants to be told: a task or chain has ended, or a pilot was lost.
public struct Notice: Equatable, Sendable {
  /// The events that are told.
  public enum Event: String, Sendable, CaseIterable {
    /// A task has ended.
    case taskEnded = "task-ended"
    /// All steps of a chain have ended.
    case chainEnded = "chain-ended"
    /// A pilot has died.
    case pilotLost = "pilot-lost"
  }

  /// The task or chain that has ended, and who wants to be told.
  public struct End: Equatable, Sendable {
    /// The name.
    public var name: Name
    /// True for a chain.
    public var isChain: Bool
    /// Its page.
    public var summary: JSON
    /// The uid of its owner.
    public var owner: Int
    /// The value of its `notify`; nil if there is none.
    public var notify: String?

    /// Makes one from its parts.
    public init(_ name: Name, isChain: Bool, summary: JSON, owner: Int, notify: String?) {
      self.name = name
      self.isChain = isChain
      self.summary = summary
      self.owner = owner
      self.notify = notify
    }
  }

  /// The event.
  public var event: Event
  /// The name of the task, of the chain or of the pilot.
  public var subject: String
  /// The notice as the command gets it, on one line.
  public var json: JSON
  /// The variables that the command gets, besides those of every notice.
  public var variables: [String: String]

  /// Makes the notice that a task or chain has ended.
  public init(_ end: End, spool: String, at: Timestamp) {
    event = end.isChain ? .chainEnded : .taskEnded
    subject = end.name.text
    variables = [
      end.isChain ? "SPOOL_CHAIN" : "SPOOL_TASK": subject, "SPOOL_OWNER": "\(end.owner)",
    ]
    variables["SPOOL_NOTIFY"] = end.notify
    var members: [JSONObject.Member] = [
      .init(end.isChain ? "chain" : "task", .string(subject)),
      .init("owner", .integer(end.owner)),
    ]
    if let notify = end.notify { members.append(.init("notify", .string(notify))) }
    json = Self.json(event, spool, at, members + [.init("summary", end.summary)])
  }

  /// Makes the notice that a pilot was lost; `jobs` is the number of jobs that were taken back from
  /// it.
  public init(
    pilotLost pilot: PilotName, host: String, reason: String, jobs: Int, spool: String,
    at: Timestamp
  ) {
    event = .pilotLost
    subject = pilot.text
    variables = ["SPOOL_PILOT": subject]
    json = Self.json(
      event, spool, at,
      [
        .init("pilot", .string(pilot.text)), .init("host", .string(host)),
        .init("reason", .string(reason)), .init("jobs", .integer(jobs)),
      ])
  }

  private static func json(
    _ event: Event, _ spool: String, _ at: Timestamp, _ members: [JSONObject.Member]
  ) -> JSON {
    let common: [JSONObject.Member] = [
      .init("format", 1), .init("kind", "notice"), .init("event", .string(event.rawValue)),
      .init("at", at.json), .init("spool", .string(spool)),
    ]
    return .object(JSONObject(common + members))
  }
}
