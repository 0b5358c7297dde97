/// What a job needs of a pilot, as its name says it. Jobs of one shape wait for the same pilots.
public struct Shape: Hashable, Sendable {
  public var queue: Queue
  public var cores: Int
  /// MiB.
  public var memory: Int
  public var gpus: Int
  public var tags: [String]

  public init(queue: Queue, cores: Int, memory: Int, gpus: Int, tags: [String]) {
    self.queue = queue
    self.cores = cores
    self.memory = memory
    self.gpus = gpus
    self.tags = tags
  }
}

extension JobName {
  /// What it needs, waiting in `queue`.
  public func shape(in queue: Queue) -> Shape {
    Shape(queue: queue, cores: cores, memory: memory, gpus: gpus, tags: tags)
  }
}
