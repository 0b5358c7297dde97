/// The record `pilot.json`, which a pilot writes at every heartbeat.
public struct PilotRecord: Equatable, Sendable {
  /// The name of the pilot.
  public var pilot: PilotName
  /// The host of the pilot.
  public var host: String
  /// The version of `spool` that the pilot is.
  public var version: String
  /// The number of heartbeats. A pilot whose counter does not change is dead (R5).
  public var counter = 0
  /// The process, as JSON that its host can check; opaque to others.
  public var process: JSON
  /// The queues that the pilot serves.
  public var queues: [Queue]
  /// The tags that the pilot has.
  public var tags: [String]
  /// The cores that jobs may use, in all.
  public var cpus: Int
  /// The bytes that jobs may use, in all.
  public var memory: Int
  /// The GPUs that jobs may use, in all.
  public var gpus: Int
  /// The cores that are free now.
  public var freeCpus: Int
  /// The bytes that are free now.
  public var freeMemory: Int
  /// The GPUs that are free now.
  public var freeGpus: Int
  /// The number of running jobs.
  public var jobs = 0
  /// The error with which the filesystem refuses the pilot something, and what waits for that; nil
  /// if all is well.
  public var trouble: String?
  /// The start of the pilot, on its own clock.
  public var started: Timestamp
  /// The state of the pilot.
  public var state = PilotState.active
  /// The reason of a quarantine.
  public var reason: String?
  /// The end of the pilot's lifetime, on its own clock; nil for no end.
  public var ends: Timestamp?

  /// Makes the record of a pilot without jobs.
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

  /// The record as `pilot.json` holds it.
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

  /// Reads a record; nil if it is torn, or not what a pilot writes.
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

  /// Returns a reason as the record can hold it: its first line, cut.
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

  /// Returns the number of jobs of a shape that the pilot may run at once; 0 if the shape does not
  /// fit, or if the pilot takes no jobs.
  public func slots(for shape: Shape) -> Int { state == .active ? capacity(for: shape) : 0 }

  /// Returns the memory that a pilot of so many bytes gives to jobs, in MiB. The names of jobs
  /// round their memory up; so that as many jobs fit as their bytes do, the pilot has one MiB more
  /// for each core.
  public static func mebibytes(_ memory: Int, cpus: Int) -> Int {
    TaskSpec.mebibytes(memory) + cpus
  }

  /// Returns the number of jobs of a shape that the pilot could run at once if it took any.
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
