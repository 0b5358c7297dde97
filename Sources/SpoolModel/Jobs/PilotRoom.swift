/// The room that a pilot offers to jobs.
public struct PilotRoom: Equatable, Sendable {
  /// The queues that it serves.
  public var queues: [Queue]
  /// The tags that it has.
  public var tags: [String]
  /// Cores.
  public var cpus: Int
  /// Bytes.
  public var memory: Int
  /// GPUs.
  public var gpus: Int
  /// The time that is left of its life; nil for no end.
  public var lifetime: Duration?

  /// Makes a room.
  public init(
    queues: [Queue], tags: [String] = [], cpus: Int, memory: Int, gpus: Int = 0,
    lifetime: Duration? = nil
  ) {
    self.queues = queues
    self.tags = tags
    self.cpus = cpus
    self.memory = memory
    self.gpus = gpus
    self.lifetime = lifetime
  }

  /// Returns the number of jobs of a need that fit at once, were the room empty; 0 for a need that does
  /// not fit at all.
  public func slots(for need: Backlog.Need) -> Int {
    lifetime.map { need.wall <= $0 } ?? true ? slots(for: need.shape) : 0
  }

  /// Returns the number of jobs of a shape that fit at once, were the room empty.
  public func slots(for shape: Shape) -> Int {
    guard queues.contains(shape.queue), shape.tags.allSatisfy(tags.contains),
      shape.gpus <= gpus
    else { return 0 }
    let offered = PilotRecord.mebibytes(memory, cpus: cpus)
    let byMemory = shape.memory == 0 ? Int.max : offered / shape.memory
    let byGpus = shape.gpus == 0 ? Int.max : gpus / shape.gpus
    return min(cpus / max(1, shape.cores), byMemory, byGpus)
  }
}

extension PilotRoom: JSONValue {
  private enum Key: String { case queues, tags, cpus, memory, gpus, lifetime }

  /// The room as files hold it: bytes, and milliseconds.
  public var json: JSON {
    let members: RecordMembers<Key> = [
      .queues: queues.json, .tags: tags.json, .cpus: cpus.json, .memory: memory.json,
      .gpus: gpus.json, .lifetime: lifetime?.milliseconds.json,
    ]
    return members.json
  }

  /// Reads a room; nil if the JSON is none.
  public init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let queues: [Queue] = members[.queues],
      let tags: [String] = members[.tags], let cpus: Int = members[.cpus],
      let memory: Int = members[.memory], let gpus: Int = members[.gpus]
    else { return nil }
    self.init(
      queues: queues, tags: tags, cpus: cpus, memory: memory, gpus: gpus,
      lifetime: members[.lifetime].map { .milliseconds($0) })
  }
}
