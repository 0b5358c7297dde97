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
  var line: RecordLine {
    [
      .type: RecordType.quarantined.json, .pilot: pilot.json, .reason: reason.json, .at: at.json,
      .jobs: jobs.isEmpty ? nil : jobs.json,
    ]
  }

  init?(_ line: RecordLine) {
    guard let pilot: PilotName = line[.pilot], let reason: String = line[.reason],
      let at: Timestamp = line[.at], let jobs: [Forgiven] = line[.jobs, absent: []]
    else { return nil }
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

extension Forgiven: JSONValue {
  private enum Key: String { case job, payload, infrastructure }

  public var json: JSON {
    let members: RecordMembers<Key> = [
      .job: job.json, .payload: payload.json, .infrastructure: infrastructure.json,
    ]
    return members.json
  }

  public init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let job: JobID = members[.job],
      let payload: Int = members[.payload], let infrastructure: Int = members[.infrastructure]
    else { return nil }
    self.init(job: job, payload: payload, infrastructure: infrastructure)
  }
}
