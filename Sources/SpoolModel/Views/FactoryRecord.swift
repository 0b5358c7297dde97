/// The record of a factory of pilots, `running/@factories/NAME.json`: its heartbeat, and how it stands,
/// for people and for other factories.
public struct FactoryRecord: Equatable, Sendable {
  /// The state of a factory.
  public enum State: String, Sendable, CaseIterable, JSONValue {
    /// It keeps pilots.
    case working
    /// It starts none for now, for the reason that it gives.
    case waiting
    /// It has given up, for the reason that it gives.
    case stopped
    /// It has ended in good order. Its pilots go on.
    case ended
  }

  /// The name of the factory.
  public var factory: Name
  /// The batch system.
  public var engine: String
  /// The host that it runs on.
  public var host: String
  /// The version of `spool` that it is.
  public var version: String
  /// A random id of this life of the factory.
  public var id: String
  /// The number of heartbeats.
  public var counter = 0
  /// The time of the last heartbeat, on its own clock: for people.
  public var at: Timestamp
  /// The process, as in ``PilotRecord``.
  public var process: JSON
  /// The state.
  public var state = State.working
  /// The reason of the state, in words.
  public var reason: String?
  /// The room of each of its pilots.
  public var room: PilotRoom
  /// The most pilots that it keeps.
  public var most: Int
  /// The pilots that the backlog could use, those that are there included.
  public var wanted = 0
  /// Its batch jobs that run.
  public var running = 0
  /// Its batch jobs that wait in the batch system.
  public var queued = 0
  /// What the batch system said last about batch jobs that it refused, holds or ended.
  public var told: [String] = []

  /// Makes the record of a factory that has not written a heartbeat yet.
  public init(
    factory: Name, engine: String, host: String, version: String, id: String, process: JSON,
    at: Timestamp, room: PilotRoom, most: Int
  ) {
    self.factory = factory
    self.engine = engine
    self.host = host
    self.version = version
    self.id = id
    self.process = process
    self.at = at
    self.room = room
    self.most = most
  }
}

extension FactoryRecord {
  private enum Key: String {
    case format, factory, engine, host, version, id, counter, at, state, reason, pilot, max, wanted
    case running, queued, told, process
  }

  /// The record as the file holds it.
  public var json: JSON {
    let members: RecordMembers<Key> = [
      .format: 1, .factory: factory.json, .engine: engine.json, .host: host.json,
      .version: version.json, .id: id.json, .counter: counter.json, .at: at.json,
      .state: state.json, .reason: reason?.json, .pilot: room.json, .max: most.json,
      .wanted: wanted.json, .running: running.json, .queued: queued.json,
      .told: told.isEmpty ? nil : told.json, .process: process,
    ]
    return members.json
  }

  /// Reads a record; nil if the JSON is none.
  public init?(_ json: JSON) {
    guard let members = RecordMembers<Key>(json), let factory: Name = members[.factory],
      let engine: String = members[.engine], let host: String = members[.host],
      let version: String = members[.version], let id: String = members[.id],
      let counter: Int = members[.counter], let at: Timestamp = members[.at],
      let state: State = members[.state], let room: PilotRoom = members[.pilot],
      let most: Int = members[.max], let process: JSON = members[.process]
    else { return nil }
    self.init(
      factory: factory, engine: engine, host: host, version: version, id: id, process: process,
      at: at, room: room, most: most)
    self.counter = counter
    self.state = state
    reason = members[.reason]
    wanted = members[.wanted] ?? 0
    running = members[.running] ?? 0
    queued = members[.queued] ?? 0
    told = members[.told] ?? []
  }
}
