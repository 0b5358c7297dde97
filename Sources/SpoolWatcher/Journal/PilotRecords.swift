public import SpoolModel

public struct PilotQuarantined: Sendable {
  public var pilot: PilotName
  public var reason: String
  /// When it was accepted.
  public var at: Timestamp
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

/// Failed attempts of a job that do not count any more, by budget.
public struct Forgiven: Sendable, Equatable {
  public var job: JobID
  public var payload: Int
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
