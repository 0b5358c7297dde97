internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// A pilot as the snapshot holds it.
struct PilotRow: Sendable, Equatable {
  var name: PilotName
  /// The record; nil where it cannot be read now.
  var record: PilotRecord?
  /// The time of its last heartbeat, by the filesystem's clock.
  var beat: Timestamp?
  var claims: [JobName] = []
  var hasDrain = false
  var hasQuarantine = false

  /// The state of a pilot, as the gateway names it.
  typealias State = PilotCondition

  /// Returns the state at a time; `deadAfter` is the silence after which a pilot counts as lost.
  func state(at now: Timestamp, deadAfter: Duration) -> State {
    PilotCondition(
      record, hasDrain: hasDrain, hasQuarantine: hasQuarantine, age: beat.map { now - $0 },
      deadAfter: deadAfter)
  }

  /// Returns the pilot as its wrapper shows it.
  func json(at now: Timestamp, deadAfter: Duration) -> JSON {
    let age = beat.map { max(.zero, now - $0).milliseconds } ?? 0
    return [
      "pilot": record?.json ?? ["pilot": .string(name.text)],
      "heartbeatAge": .integer(age),
      "state": .string(state(at: now, deadAfter: deadAfter).rawValue),
      "jobs": .array(claims.map { .string("\($0.job).a\($0.attempt)") }),
    ]
  }

  /// The cores that jobs have, and all.
  var busy: Int { record.map { $0.cpus - $0.freeCpus } ?? 0 }
  var slots: Int { record?.cpus ?? 0 }
}
