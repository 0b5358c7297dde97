public import SpoolModel

/// The offer of a pilot: its name's host, what it may use, and for how long.
public struct PilotOptions: Sendable {
  /// The host's name, from which the pilot's name is made.
  public var host: String
  /// The version of Spool, for people.
  public var version: String
  /// The process, as ``PilotRecord/process``.
  public var process: JSON
  /// The queues to serve, in the order in which they are looked at.
  public var queues: [Queue]
  /// The tags that jobs may ask for.
  public var tags: [String]
  /// Cores for jobs.
  public var cpus: Int
  /// The numbers of the cores that are handed out to jobs, each to one at a time; none: jobs run on any.
  public var pinned: [Int32] = []
  /// Bytes of memory for jobs.
  public var memory: Int
  /// Ids of GPUs for jobs, as `CUDA_VISIBLE_DEVICES` takes them.
  public var gpus: [String]
  /// A directory on local disk, the pilot's own.
  public var scratch: String
  /// Variables that payloads get besides the task's own.
  public var environment: [String: String]
  /// The names of those that payloads in containers get, too: not what the pilot's own environment is.
  public var given: Set<String> = []
  /// The program that runs containers; nil: the pilot takes no job that needs one.
  public var containers: ContainerRuntime?
  /// The time after which the pilot gives back what still runs, and leaves; nil: it stays.
  public var lifetime: Duration?
  /// The pilot leaves when there is nothing to do.
  public var exitsWhenIdle = false
  /// The name that whoever started the pilot gave it.
  public var label: String?

  /// Makes the offer of a pilot that stays until it is stopped.
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
