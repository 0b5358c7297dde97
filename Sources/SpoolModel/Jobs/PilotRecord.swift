/// A job whose payload has ended well, and whose outputs a pilot syncs and checksums.
public struct StagedJob: Equatable, Sendable {
  /// The job.
  public var job: JobID
  /// The beginning of that, on the pilot's clock.
  public var since: Timestamp

  /// Makes an entry.
  public init(_ job: JobID, since: Timestamp) {
    self.job = job
    self.since = since
  }
}

extension StagedJob: JSONValue {
  private enum Key: String { case job, since }

  /// The entry as the record holds it.
  public var json: JSON {
    let members: RecordMembers<Key> = [.job: job.json, .since: since.json]
    return members.json
  }

  /// Reads an entry.
  public init?(json: JSON) {
    guard let members = RecordMembers<Key>(json), let job: JobID = members[.job],
      let since: Timestamp = members[.since]
    else { return nil }
    self.init(job, since: since)
  }
}

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
  /// The jobs that are being staged, those that have been so longest first, as many as there is room
  /// for: see ``bounded(_:)``.
  public var staging: [StagedJob] = []
  /// The start of the pilot, on its own clock.
  public var started: Timestamp
  /// The state of the pilot.
  public var state = PilotState.active
  /// The reason of a quarantine.
  public var reason: String?
  /// The end of the pilot's lifetime, on its own clock; nil for no end.
  public var ends: Timestamp?
  /// The name that whoever started the pilot gave it: that of its batch job; nil for none.
  public var label: String?
  /// True if the pilot looks for jobs in lanes too. Pilots before 0.3.0 do not.
  public var usesLanes = true

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

  /// Returns the first of these jobs, as many as the record has room for.
  public static func bounded(_ jobs: [StagedJob]) -> [StagedJob] {
    var left = 400
    return Array(
      jobs.prefix { job in
        left -= job.job.description.utf8.count + 40
        return left >= 0
      })
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
  public func capacity(for shape: Shape) -> Int { room.slots(for: shape) }

  /// The room that the pilot offers in all, as if its life had no end.
  public var room: PilotRoom {
    PilotRoom(queues: queues, tags: tags, cpus: cpus, memory: memory, gpus: gpus)
  }
}

extension PilotRecord {
  private enum Key: String {
    case format, pilot, host, version, counter, started, state, reason, trouble, ends, label, queues
    case lanes, tags, cpus, memory, gpus, free, jobs, staging, process
  }

  /// The record as `pilot.json` holds it.
  public var json: JSON {
    var members = RecordMembers<Key>()
    members[.format] = 1
    members[.pilot] = pilot
    members[.host] = host
    members[.version] = version
    members[.counter] = counter
    members[.started] = started
    members[.state] = state
    members[.reason] = reason
    members[.trouble] = trouble
    members[.ends] = ends
    members[.label] = label
    members[.queues] = queues
    members[.lanes] = usesLanes ? true : nil
    members[.tags] = tags
    members[.cpus] = cpus
    members[.memory] = memory
    members[.gpus] = gpus
    members[.free] = free
    members[.jobs] = jobs
    members[.staging] = staging.isEmpty ? nil : staging.json
    members[.process] = process
    return members.json
  }

  private var free: JSON {
    var members = RecordMembers<Key>()
    members[.cpus] = freeCpus
    members[.memory] = freeMemory
    members[.gpus] = freeGpus
    return members.json
  }

  /// The cores, GPUs and jobs that a record may name, and the bytes: sums of them do not overflow.
  private static let counts = 0...(1 << 30)
  private static let sizes = 0...(1 << 53)

  /// Returns the nearest number that a record may name.
  private static func bounded(_ number: Int, _ range: ClosedRange<Int>) -> Int {
    min(max(number, range.lowerBound), range.upperBound)
  }

  /// Reads a record; nil if it is torn, or not what a pilot writes. A number that no pilot would
  /// write becomes the nearest one that is possible.
  public init?(_ json: JSON) {
    guard let members = RecordMembers<Key>(json), let pilot: PilotName = members[.pilot],
      let host: String = members[.host], let version: String = members[.version],
      let counter: Int = members[.counter], let started: Timestamp = members[.started],
      let queues: [JSON] = members[.queues], let tags: [JSON] = members[.tags],
      let cpus: Int = members[.cpus], let memory: Int = members[.memory],
      let gpus: Int = members[.gpus], let process: JSON = members[.process],
      let offer: JSON = members[.free]
    else { return nil }
    self.init(
      pilot: pilot, host: host, version: version, process: process,
      queues: queues.compactMap { Queue(json: $0) }, tags: tags.compactMap(\.string),
      cpus: Self.bounded(cpus, Self.counts), memory: Self.bounded(memory, Self.sizes),
      gpus: Self.bounded(gpus, Self.counts), started: started)
    self.counter = counter
    let free = RecordMembers<Key>(offer) ?? RecordMembers<Key>()
    freeCpus = Self.bounded(free[.cpus] ?? 0, Self.counts)
    freeMemory = Self.bounded(free[.memory] ?? 0, Self.sizes)
    freeGpus = Self.bounded(free[.gpus] ?? 0, Self.counts)
    jobs = Self.bounded(members[.jobs] ?? 0, Self.counts)
    staging = members[.staging] ?? []
    state = members[.state] ?? .active
    reason = members[.reason]
    ends = members[.ends]
    label = members[.label]
    trouble = members[.trouble]
    usesLanes = members[.lanes] ?? false
  }
}
