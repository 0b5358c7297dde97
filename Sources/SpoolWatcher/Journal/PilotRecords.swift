public import SpoolModel

/// The record of a pilot that the watcher put into quarantine, with the failures that it caused.
public struct PilotQuarantined: Sendable {
  /// The pilot.
  public var pilot: PilotName
  /// The reason in words.
  public var reason: String
  /// The time of the decision.
  public var at: Timestamp
  /// The failures that no longer count, by job.
  public var jobs: [Forgiven]
}

extension PilotQuarantined {
  var json: JSONObject {
    JSONObject(
      "quarantined",
      [
        ("pilot", .string(pilot.text)), ("reason", .string(reason)), ("at", at.json),
        ("jobs", jobs.isEmpty ? nil : .array(jobs.map(\.json))),
      ])
  }

  init?(_ json: JSONObject) {
    guard let pilot = json["pilot"]?.string.flatMap({ PilotName($0) }),
      let reason = json["reason"]?.string, let at = json["at"]?.timestamp
    else { return nil }
    let values = json["jobs"]?.array ?? []
    let jobs = values.compactMap { Forgiven($0) }
    guard jobs.count == values.count else { return nil }
    self.init(pilot: pilot, reason: reason, at: at, jobs: jobs)
  }
}

/// Failed attempts of a job that no longer count, because a quarantined pilot caused them.
public struct Forgiven: Sendable, Equatable {
  /// The job that failed there.
  public var job: JobID
  /// The number of failures that the payload's budget gets back.
  public var payload: Int
  /// The number of failures that the infrastructure's budget gets back.
  public var infrastructure: Int
}

extension Forgiven {
  var json: JSON {
    [
      "job": .string(job.description), "payload": .integer(payload),
      "infrastructure": .integer(infrastructure),
    ]
  }

  init?(_ json: JSON) {
    guard let job = json["job"]?.string.flatMap({ JobID($0) }),
      let payload = json["payload"]?.integer, let infrastructure = json["infrastructure"]?.integer
    else { return nil }
    self.init(job: job, payload: payload, infrastructure: infrastructure)
  }
}
