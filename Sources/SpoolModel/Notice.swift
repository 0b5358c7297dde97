/// A notice for the command that a site wants to be told: a task has ended, or a pilot was lost.
public struct Notice: Equatable, Sendable {
  /// The events that are told.
  public enum Event: String, Sendable, CaseIterable {
    /// A task has ended.
    case taskEnded = "task-ended"
    /// A pilot has died.
    case pilotLost = "pilot-lost"
  }

  /// The event.
  public var event: Event
  /// The name of the task or of the pilot.
  public var subject: String
  /// The notice as the command gets it, on one line.
  public var json: JSON

  /// Makes the notice that a task has ended; `summary` is its page.
  public init(taskEnded task: Name, summary: JSON, spool: String, at: Timestamp) {
    event = .taskEnded
    subject = task.text
    json = Self.json(
      event, spool, at, [.init("task", .string(task.text)), .init("summary", summary)])
  }

  /// Makes the notice that a pilot was lost; `jobs` is the number of jobs that were taken back from
  /// it.
  public init(
    pilotLost pilot: PilotName, host: String, reason: String, jobs: Int, spool: String,
    at: Timestamp
  ) {
    event = .pilotLost
    subject = pilot.text
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
