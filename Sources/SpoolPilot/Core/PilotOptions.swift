public import SpoolModel

/// What a pilot is, and what it may use.
public struct PilotOptions: Sendable {
  public var host: String
  public var version: String
  /// The process, as ``PilotRecord/process``.
  public var process: JSON
  public var queues: [Queue]
  public var tags: [String]
  public var cpus: Int
  /// Bytes.
  public var memory: Int
  /// Device ids, for `CUDA_VISIBLE_DEVICES`.
  public var gpus: [String]
  /// A directory on local disk, the pilot's own.
  public var scratch: String
  /// Variables that payloads get besides the task's own.
  public var environment: [String: String]
  /// Milliseconds after which it gives back what still runs, and leaves; nil: it stays.
  public var lifetime: Int?
  /// Whether it leaves when there is nothing to do.
  public var exitsWhenIdle = false

  public init(
    host: String, version: String, process: JSON, queues: [Queue], tags: [String], cpus: Int,
    memory: Int, gpus: [String], scratch: String, environment: [String: String]
  ) {
    self.host = host
    self.version = version
    self.process = process
    self.queues = queues
    self.tags = tags
    self.cpus = cpus
    self.memory = memory
    self.gpus = gpus
    self.scratch = scratch
    self.environment = environment
  }
}
