/// Something that somebody wants to be told of: a task has ended, a pilot was lost.
public struct Notice: Equatable, Sendable {
  public enum Event: String, Sendable, CaseIterable {
    case taskEnded = "task-ended"
    case pilotLost = "pilot-lost"
  }

  public var event: Event
  /// The task's or the pilot's name.
  public var subject: String
  /// As it is handed over, on one line.
  public var json: JSON

  /// `summary` is the task's page.
  public init(taskEnded task: Name, summary: JSON, spool: String, at: Timestamp) {
    event = .taskEnded
    subject = task.text
    json = Self.json(
      event, spool, at, [.init("task", .string(task.text)), .init("summary", summary)])
  }

  /// `jobs` were taken back from it.
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
