/// The way in which a payload is told to end before TERM and KILL come.
public struct PayloadStop: Sendable, Equatable {
  /// The signal, which goes to the payload's process group.
  public var signal: Int32
  /// The time from the start after which the signal comes of itself; nil: never.
  public var after: Duration?

  /// Makes one from its parts.
  public init(signal: Int32, after: Duration? = nil) {
    self.signal = signal
    self.after = after
  }
}

/// The payload of one job: a program to be run, and its limits.
public struct Payload: Sendable, Equatable {
  /// The pilot's own number for it, unique while it runs.
  public var id: Int
  /// The program, as a path, taken from `directory` if relative, or as a bare name that is looked up
  /// in `PATH` of `environment`; and its arguments.
  public var arguments: [String]
  /// The whole environment; nothing is inherited.
  public var environment: [String: String]
  /// The script that is sourced before the program starts; nil for none.
  public var setup: String?
  /// The container in which the program runs; nil for none. Then `environment` is what the payload gets
  /// besides what the image sets.
  public var container: PayloadContainer?
  /// The working directory: a private one on local disk, or the task's.
  public var directory: String
  /// The local file that takes standard output; created or emptied at the start.
  public var output: String
  /// The local file that takes standard error; created or emptied at the start.
  public var errorOutput: String
  /// The wall time after which it is ended.
  public var wall: Duration
  /// Bytes of memory, summed over its processes, above which it is ended. What they share counts once,
  /// pages of files that they map not at all.
  public var memory: Int64
  /// The time for which it may do nothing, neither print nor use a processor, before it is ended;
  /// nil: for ever.
  public var stuck: Duration?
  /// The way in which it is told to end; nil: by TERM alone.
  public var stop: PayloadStop?
  /// The numbers of the cores that it may run on; none: those of the pilot.
  public var cores: [Int32] = []

  /// Makes a payload; nothing is checked before the runner starts it.
  public init(
    id: Int, arguments: [String], environment: [String: String], setup: String? = nil,
    directory: String, output: String, errorOutput: String, wall: Duration, memory: Int64,
    stuck: Duration? = nil, stop: PayloadStop? = nil
  ) {
    self.id = id
    self.arguments = arguments
    self.environment = environment
    self.setup = setup
    self.directory = directory
    self.output = output
    self.errorOutput = errorOutput
    self.wall = wall
    self.memory = memory
    self.stuck = stuck
    self.stop = stop
  }
}
