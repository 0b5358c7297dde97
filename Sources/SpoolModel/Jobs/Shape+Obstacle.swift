extension Shape {
  /// Returns the reason why none of these pilots can ever run a job of this shape, in words: what
  /// the job needs, and the most that there is. Nil if a pilot can.
  public func obstacle(among pilots: [PilotRecord]) -> String? {
    guard !pilots.isEmpty else { return "no pilot is alive; start one with `spool pilot`" }
    guard !pilots.contains(where: { $0.slots(for: self) > 0 }) else { return nil }
    if pilots.contains(where: { $0.capacity(for: self) > 0 }) {
      return "the pilots that could run it take no jobs: they are quarantined or draining"
    }
    let serving = pilots.filter { $0.queues.contains(queue) }
    guard !serving.isEmpty else { return "no pilot serves the queue \(queue.rawValue)" }
    for tag in tags where !serving.contains(where: { $0.tags.contains(tag) }) {
      let words =
        switch tag {
        case Container.tag: " (apptainer, podman or docker)"
        case Container.fileTag: " (apptainer, for an image in a file)"
        default: ""
        }
      return "needs the tag \(tag)\(words), which no pilot has"
    }
    if let most = serving.map(\.cpus).max(), most < cores {
      return "needs \(cores) cores; the largest pilot has \(most)"
    }
    if let most = serving.map(\.memory).max(),
      !serving.contains(where: { PilotRecord.mebibytes($0.memory, cpus: $0.cpus) >= memory })
    {
      return "needs \(Units.text(bytes: memory << 20)) of memory; the largest pilot has "
        + Units.text(bytes: most)
    }
    if let most = serving.map(\.gpus).max(), most < gpus {
      return "needs \(gpus) GPUs; the largest pilot has \(most)"
    }
    return "needs \(words); no pilot has all of that"
  }

  /// Returns the same of a waiting job, whose wall time counts, too: a pilot that ends before that takes
  /// it not. `now` is compared with the times that pilots tell, each by its own clock.
  public static func obstacle(
    to job: JobName, in queue: Queue, among pilots: [PilotRecord], now: Timestamp
  ) -> String? {
    let shape = job.shape(in: queue)
    if let obstacle = shape.obstacle(among: pilots) { return obstacle }
    let times = pilots.filter { $0.slots(for: shape) > 0 }.map(\.ends)
    guard let last = times.compactMap(\.self).max(), !times.contains(nil) else { return nil }
    let left = Duration.seconds(max(.zero, last - now).components.seconds)
    guard left < .seconds(job.wall) else { return nil }
    let ends = "the pilots that could run it end in \(Units.text(left)) at the latest"
    return "may take \(Units.text(.seconds(job.wall))), its wall time; \(ends): "
      + "start one that stays longer (--lifetime)"
  }

  /// The shape in words.
  public var words: String {
    let tags = tags.isEmpty ? "" : ", tags " + tags.joined(separator: "+")
    return "\(room)\(tags) in the queue \(queue.rawValue)"
  }

  /// The room that a job of the shape takes up, in words.
  public var room: String {
    var parts = [
      "\(cores) \(cores == 1 ? "core" : "cores")",
      Units.text(bytes: memory << 20),
    ]
    if gpus > 0 { parts.append("\(gpus) GPUs") }
    return parts.joined(separator: ", ")
  }
}
