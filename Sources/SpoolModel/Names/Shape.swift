/// The needs of a job, as its name tells them. Jobs of one shape wait for the same pilots.
public struct Shape: Hashable, Sendable {
  /// The queue in which the job waits.
  public var queue: Queue
  /// The number of cores.
  public var cores: Int
  /// The memory in MiB.
  public var memory: Int
  /// The number of GPUs.
  public var gpus: Int
  /// The tags that a pilot must have.
  public var tags: [String]

  /// Makes a shape.
  public init(queue: Queue, cores: Int, memory: Int, gpus: Int, tags: [String]) {
    self.queue = queue
    self.cores = cores
    self.memory = memory
    self.gpus = gpus
    self.tags = tags
  }
}

extension JobName {
  /// Returns the shape of a job that waits in `queue`.
  public func shape(in queue: Queue) -> Shape {
    Shape(queue: queue, cores: cores, memory: memory, gpus: gpus, tags: tags)
  }
}
