public import SpoolModel

/// The backlog, and how many pilots it fills. A pure value: rooms come in, and take their share of the
/// jobs; what is left needs more pilots.
///
/// Jobs are packed as they would be claimed: the largest first, and beside them what still fits. Whole
/// pilots of one pattern are counted together, so the cost does not grow with the number of jobs.
public struct Packing {
  /// The least work that a slot of a new pilot is to find, by the mean run time of the jobs: jobs that
  /// are shorter share a slot.
  public static let fill = Duration.seconds(60)

  private var needs: [(need: Backlog.Need, left: Int)]

  /// Makes a packing of all jobs of a backlog, those that run included.
  public init(_ backlog: Backlog, fill: Duration = Self.fill) {
    needs = backlog.needs.map { ($0, Self.slots($0, fill)) }.filter { $0.1 > 0 }
    needs.sort { left, right in Self.size(left.need) > Self.size(right.need) }
  }

  /// Returns the number of slots that the jobs of a need can fill for so long. Of jobs that are longer
  /// each has its own.
  private static func slots(_ need: Backlog.Need, _ fill: Duration) -> Int {
    let jobs = need.running.addingClamped(need.waiting)
    guard let mean = need.mean, fill > mean else { return jobs }
    let perSlot = max(1, fill.milliseconds / max(1, mean.milliseconds))
    return jobs / perSlot + (jobs % perSlot > 0 ? 1 : 0)
  }

  /// The order of packing: what fits least often comes first.
  private static func size(_ need: Backlog.Need) -> (Int, Int, Int, Int) {
    (need.shape.gpus, need.shape.tags.count, need.shape.cores, need.shape.memory)
  }

  /// The slots that no room has taken.
  public var left: Int { needs.reduce(0) { $0.addingClamped($1.left) } }

  /// Fills a room with jobs. Returns the number of slots that are filled.
  public mutating func fill(_ room: PilotRoom) -> Int {
    let pattern = pattern(of: room)
    for (index, count) in pattern { needs[index].left -= count }
    return pattern.reduce(0) { $0 + $1.count }
  }

  /// Returns the number of new pilots of a room that the jobs fill, at most `most`, and takes the jobs
  /// out.
  public mutating func count(of room: PilotRoom, atMost most: Int) -> Int {
    var pilots = 0
    while pilots < most {
      let pattern = pattern(of: room)
      guard !pattern.isEmpty else { break }
      let whole = pattern.map { needs[$0.index].left / $0.count }.min() ?? 1
      let count = min(max(1, whole), most - pilots)
      for (index, jobs) in pattern { needs[index].left -= jobs * count }
      pilots += count
    }
    return pilots
  }

  /// Returns the jobs that fill one room.
  private func pattern(of room: PilotRoom) -> [(index: Int, count: Int)] {
    var cpus = room.cpus
    var memory = PilotRecord.mebibytes(room.memory, cpus: room.cpus)
    var gpus = room.gpus
    var pattern: [(index: Int, count: Int)] = []
    for (index, entry) in needs.enumerated() where entry.left > 0 {
      guard cpus > 0 else { break }
      guard room.slots(for: entry.need) > 0 else { continue }
      let shape = entry.need.shape
      var count = min(entry.left, cpus / max(1, shape.cores))
      if shape.memory > 0 { count = min(count, memory / shape.memory) }
      if shape.gpus > 0 { count = min(count, gpus / shape.gpus) }
      guard count > 0 else { continue }
      cpus -= count * max(1, shape.cores)
      memory -= count * shape.memory
      gpus -= count * shape.gpus
      pattern.append((index, count))
    }
    return pattern
  }

  /// Returns in words the jobs that no pilot of this room can ever run; nil if there are none.
  public static func misfit(_ backlog: Backlog, _ room: PilotRoom) -> String? {
    let others = backlog.needs.filter { $0.waiting > 0 && room.slots(for: $0) == 0 }
    guard let first = others.first else { return nil }
    let jobs = others.reduce(0) { $0.addingClamped($1.waiting) }
    let isLong = room.slots(for: first.shape) > 0
    let life = room.lifetime.map { ", and a pilot lives for \(Units.text($0))" } ?? ""
    let what = isLong ? "a wall time of \(Units.text(first.wall))\(life)" : first.shape.words
    return "\(jobs) jobs fit no pilot of this factory: they need \(what)"
      + (others.count > 1 ? ", or the like" : "")
  }
}
