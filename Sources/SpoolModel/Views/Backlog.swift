/// The jobs that need pilots, by what they need: `backlog.json`. The watcher rewrites it at most once a
/// second. Whoever starts pilots reads it.
public struct Backlog: Equatable, Sendable {
  /// Jobs that need the same of a pilot.
  public struct Need: Equatable, Sendable {
    /// The room that a job takes up, the queue and the tags.
    public var shape: Shape
    /// The wall time of a job: a pilot with less left of its life takes none.
    public var wall: Duration
    /// The jobs that would run now if there were pilots: what holds, limits or tokens keep from
    /// running does not count.
    public var waiting = 0
    /// The jobs that pilots have.
    public var running = 0
    /// The mean run time of the attempts so far, of tasks that mostly succeed; nil before there is one.
    public var mean: Duration?

    /// Makes a need without jobs.
    public init(_ shape: Shape, wall: Duration) {
      self.shape = shape
      self.wall = wall
    }
  }

  /// The watcher that wrote it (R7).
  public var epoch: Int
  /// The needs, those with most jobs first.
  public var needs: [Need]
  /// The number of jobs with needs that are left out of a list that would be too long.
  public var more = 0

  /// The most needs that are listed (R10).
  public static let mostNeeds = 200

  /// Makes a backlog of needs. Those beyond ``mostNeeds`` with the fewest jobs are only counted.
  public init(epoch: Int, needs: [Need]) {
    self.epoch = epoch
    let sorted = needs.sorted { ($1.jobs, $0.shape.words) < ($0.jobs, $1.shape.words) }
    self.needs = Array(sorted.prefix(Self.mostNeeds))
    more = sorted.dropFirst(Self.mostNeeds).reduce(0) { $0.addingClamped($1.jobs) }
  }
}

extension Backlog.Need {
  /// The jobs, waiting or running.
  var jobs: Int { waiting.addingClamped(running) }

  private enum Key: String {
    case queue, cores, memory, gpus, tags, wall, waiting, running, mean
  }

  /// The need as the page holds it: bytes, and milliseconds.
  public var json: JSON {
    let members: RecordMembers<Key> = [
      .queue: shape.queue.json, .cores: shape.cores.json, .memory: (shape.memory << 20).json,
      .gpus: shape.gpus.json, .tags: shape.tags.json, .wall: wall.milliseconds.json,
      .waiting: waiting.json, .running: running.json, .mean: mean?.milliseconds.json,
    ]
    return members.json
  }

  /// Reads a need; nil if the JSON is none.
  public init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let queue: Queue = members[.queue],
      let cores: Int = members[.cores], let memory: Int = members[.memory],
      let gpus: Int = members[.gpus], let tags: [String] = members[.tags],
      let wall: Int = members[.wall], let waiting: Int = members[.waiting],
      let running: Int = members[.running], cores > 0, memory >= 0, gpus >= 0,
      waiting >= 0, running >= 0
    else { return nil }
    let shape = Shape(queue: queue, cores: cores, memory: memory >> 20, gpus: gpus, tags: tags)
    self.init(shape, wall: .milliseconds(wall))
    self.waiting = waiting
    self.running = running
    mean = members[.mean].map { .milliseconds($0) }
  }
}

extension Backlog.Need: JSONValue {}

extension Backlog: JSONValue {
  private enum Key: String { case format, kind, epoch, needs, more }

  /// The backlog as the page holds it.
  public var json: JSON {
    let members: RecordMembers<Key> = [
      .format: 1, .kind: "backlog", .epoch: epoch.json, .needs: needs.json,
      .more: more > 0 ? more.json : nil,
    ]
    return members.json
  }

  /// Reads a backlog; nil if the JSON is none.
  public init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let epoch: Int = members[.epoch],
      let needs: [Need] = members[.needs]
    else { return nil }
    self.init(epoch: epoch, needs: needs)
    more = members[.more] ?? 0
  }
}
