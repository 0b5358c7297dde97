internal import ArgumentParser
internal import SpoolModel
internal import SpoolPilot
internal import SpoolStore

/// The resources that a pilot may use, as options that `pilot` and `up` share.
struct PilotFlags: ParsableArguments {
  @Option(help: "Cores for jobs. Default: those this process may use.")
  var cpus: Int?
  @Option(
    help: ArgumentHelp("Memory for jobs, as 64GB. Default: the machine's.", valueName: "size"))
  var memory: String?
  @Option(help: "GPUs for jobs. Default: all that are found.")
  var gpus: Int?
  @Option(help: "The queue to serve, cpu or gpu. Default: gpu where there are GPUs.")
  var queue: String?
  @Flag(help: "Serve the cpu queue, too, where the pilot serves gpu.")
  var alsoCpu = false
  @Option(help: ArgumentHelp("Tags that jobs may ask for, as avx2+ssd.", valueName: "tags"))
  var tags: String?
  @Option(
    help: ArgumentHelp("Local directory for scratch. Default: $TMPDIR.", valueName: "directory"))
  var scratch: String?
  @Option(
    help: ArgumentHelp("How long jobs may go on after a first INT or TERM.", valueName: "time"))
  var drain = "30s"

  @Option(
    help: ArgumentHelp(
      "A variable for payloads, NAME=VALUE, or NAME as it is here; may be repeated.",
      valueName: "name=value"))
  var env: [String] = []

  func validate() throws {
    if let cpus, !(1...4096).contains(cpus) { throw ValidationError("--cpus: from 1 to 4096") }
    if let memory, let problem = Units.memoryProblem(memory) {
      throw ValidationError("--memory: \(problem)")
    }
    if let gpus, !(0...64).contains(gpus) { throw ValidationError("--gpus: from 0 to 64") }
    if let queue, Queue(rawValue: queue) == nil {
      throw ValidationError("--queue: expected cpu or gpu, found \(queue)")
    }
    for tag in tagList where !JobName.isTag(tag) {
      throw ValidationError("--tags: \"\(tag)\" is no tag: A-Z a-z 0-9 _ -")
    }
    if Units.duration(drain) == nil {
      throw ValidationError("--drain: expected a time as 30s, found \(drain)")
    }
  }

  private var tagList: [String] { (tags ?? "").split(separator: "+").map(String.init) }

  /// The time that running jobs have to end after a first signal.
  var drainTime: Duration { Units.duration(drain) ?? .seconds(30) }

  /// Returns the resources of the machine, bounded by the options. Fails for a scratch directory in the
  /// spool.
  func pilotOptions(in spool: Spool) throws -> PilotOptions {
    let place = ScratchDirectory.choose(scratch)
    guard !ScratchDirectory.isInside(place, spool.layout.root) else {
      throw Failure(
        .usage, "--scratch: \(scratch ?? place) is in the spool: give a directory on local disk")
    }
    let environment = Environment.all
    var forPayloads = Environment.clean(environment)
    for variable in try VariableList(env, isTemplate: false).variables {
      forPayloads[variable.name] = variable.value.expanded { _ in nil }
    }
    let host = HostResources.detect(environment: environment)
    let devices = gpus.map { Array(host.gpus.prefix($0)) } ?? host.gpus
    let first = queue.flatMap(Queue.init) ?? (devices.isEmpty ? .cpu : .gpu)
    return PilotOptions(
      host: host.hostName, version: SpoolCommand.version, process: host.identity.json,
      queues: first == .gpu && alsoCpu ? [.gpu, .cpu] : [first], tags: tagList,
      cpus: cpus ?? host.cpus, memory: memory.flatMap(Units.bytes) ?? Int(host.memory),
      gpus: devices, scratch: place,
      environment: forPayloads)
  }
}
