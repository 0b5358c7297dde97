/// `pilot.json`: what a pilot says of itself at every heartbeat.
public struct PilotRecord: Equatable, Sendable {
  public var pilot: PilotName
  public var host: String
  public var version: String
  /// Grows by one a heartbeat; that it does not change is how a dead pilot is known (R5).
  public var counter = 0
  /// The process, as JSON that its host can check; opaque to others.
  public var process: JSON
  public var queues: [Queue]
  public var tags: [String]
  /// Cores, bytes and GPUs that jobs may use, in all and now.
  public var cpus: Int
  public var memory: Int
  public var gpus: Int
  public var freeCpus: Int
  public var freeMemory: Int
  public var freeGpus: Int
  /// How many jobs it runs.
  public var jobs = 0
  /// What the filesystem refuses it, and what waits for that; nil where all is well.
  public var trouble: String?
  /// When it was started, on its own clock.
  public var started: Timestamp
  public var state = PilotState.active
  /// Why it is set aside.
  public var reason: String?
  /// When its lifetime is over, on its own clock.
  public var ends: Timestamp?

  public init(
    pilot: PilotName, host: String, version: String, process: JSON, queues: [Queue],
    tags: [String], cpus: Int, memory: Int, gpus: Int, started: Timestamp
  ) {
    self.pilot = pilot
    self.host = host
    self.version = version
    self.process = process
    self.queues = queues
    self.tags = tags
    self.cpus = cpus
    self.memory = memory
    self.gpus = gpus
    self.freeCpus = cpus
    self.freeMemory = memory
    self.freeGpus = gpus
    self.started = started
  }

  public var json: JSON {
    var object = JSONObject([
      .init("format", 1), .init("pilot", .string(pilot.text)), .init("host", .string(host)),
      .init("version", .string(version)), .init("counter", .integer(counter)),
      .init("started", started.json), .init("state", .string(state.rawValue)),
    ])
    if let reason { object["reason"] = .string(reason) }
    if let trouble { object["trouble"] = .string(trouble) }
    if let ends { object["ends"] = ends.json }
    object.members += offer.object?.members ?? []
    return .object(object)
  }

  private var offer: JSON {
    [
      "queues": .array(queues.map { .string($0.rawValue) }),
      "tags": .array(tags.map { .string($0) }),
      "cpus": .integer(cpus), "memory": .integer(memory), "gpus": .integer(gpus),
      "free": [
        "cpus": .integer(freeCpus), "memory": .integer(freeMemory), "gpus": .integer(freeGpus),
      ],
      "jobs": .integer(jobs), "process": process,
    ]
  }

  /// Nil where it is not what a pilot writes, or torn.
  public init?(_ json: JSON) {
    guard let pilot = json["pilot"]?.string.flatMap({ PilotName($0) }),
      let host = json["host"]?.string, let version = json["version"]?.string,
      let counter = json["counter"]?.integer, let started = json["started"]?.timestamp,
      let queues = json["queues"]?.array, let tags = json["tags"]?.array,
      let cpus = json["cpus"]?.integer, let memory = json["memory"]?.integer,
      let gpus = json["gpus"]?.integer, let free = json["free"], let process = json["process"]
    else { return nil }
    self.init(
      pilot: pilot, host: host, version: version, process: process,
      queues: queues.compactMap { $0.string.flatMap(Queue.init) },
      tags: tags.compactMap(\.string), cpus: cpus, memory: memory, gpus: gpus, started: started)
    self.counter = counter
    freeCpus = free["cpus"]?.integer ?? 0
    freeMemory = free["memory"]?.integer ?? 0
    freeGpus = free["gpus"]?.integer ?? 0
    jobs = json["jobs"]?.integer ?? 0
    state = json["state"]?.string.flatMap { PilotState(rawValue: $0) } ?? .active
    reason = json["reason"]?.string
    ends = json["ends"]?.timestamp
    trouble = json["trouble"]?.string
  }

  /// Bytes of a reason in the record, whose length is bounded.
  private static let longestReason = 300

  /// A reason as the record can hold it: its first line, cut.
  public static func reason(_ text: String) -> String {
    var reason = String.UnicodeScalarView()
    var length = 0
    for scalar in text.unicodeScalars {
      length += UTF8.width(scalar)
      guard scalar != "\n", length <= longestReason else { break }
      reason.append(scalar.value < 32 || scalar.value == 127 ? " " : scalar)
    }
    return String(reason.drop { $0 == " " })
  }

  /// How many jobs of a shape it may run at once; 0 where the shape does not fit, or where it takes
  /// none.
  public func slots(for shape: Shape) -> Int { state == .active ? capacity(for: shape) : 0 }

  /// What a pilot of so many bytes gives to jobs, in MiB: jobs' names are rounded up, so that as many
  /// fit as their bytes do, there is one more for each core.
  public static func mebibytes(_ memory: Int, cpus: Int) -> Int {
    TaskSpec.mebibytes(memory) + cpus
  }

  /// How many jobs of a shape it could run at once if it took any.
  public func capacity(for shape: Shape) -> Int {
    guard queues.contains(shape.queue), shape.tags.allSatisfy(tags.contains),
      shape.gpus <= gpus
    else { return 0 }
    let offered = Self.mebibytes(memory, cpus: cpus)
    let byMemory = shape.memory == 0 ? Int.max : offered / shape.memory
    let byGpus = shape.gpus == 0 ? Int.max : gpus / shape.gpus
    return min(cpus / max(1, shape.cores), byMemory, byGpus)
  }
}
