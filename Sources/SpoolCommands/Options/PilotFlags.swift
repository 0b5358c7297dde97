internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel
internal import SpoolPilot
internal import SpoolStore

/// The resources that a pilot may use, as options that `pilot` and `up` share.
struct PilotFlags: ParsableArguments {
  @Option(help: "Cores for jobs. Default: those this process may use.")
  var cpus: Int?
  @Flag(help: "Give each job cores of its own: its processes run on these alone ($SPOOL_CORES).")
  var pin = false
  @Option(
    help: ArgumentHelp("Memory for jobs, as 64GB. Default: the machine's.", valueName: "size"))
  var memory: String?
  @Option(help: "GPUs for jobs. Default: all that are found.")
  var gpus: Int?
  @Flag(help: "Take no jobs of the queue cpu, where there are GPUs.")
  var gpuOnly = false
  @Option(help: "The one queue to serve, cpu or gpu. Default: cpu, and gpu where there are GPUs.")
  var queue: String?
  @Flag(help: .hidden)
  var alsoCpu = false
  @Option(help: ArgumentHelp("Tags that jobs may ask for, as avx2+ssd.", valueName: "tags"))
  var tags: String?
  @Option(
    help: ArgumentHelp(
      "What runs jobs that need a container: apptainer, podman, docker, or none. Default: the first of "
        + "them that works here.", valueName: "program"))
  var containerRuntime: String?
  @Option(
    help: ArgumentHelp("Local directory for scratch. Default: $TMPDIR.", valueName: "directory"))
  var scratch: String?
  @Option(
    help: ArgumentHelp(
      "How long jobs may go on after a first INT or TERM. Default: 30s; of pilots in a batch system 10s.",
      valueName: "time"))
  var drain: String?

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
    if gpuOnly, let other = queue, other != "gpu" {
      throw ValidationError("--gpu-only and --queue \(other) contradict each other")
    }
    if gpuOnly, alsoCpu { throw ValidationError("--gpu-only and --also-cpu contradict each other") }
    for tag in tagList where !JobName.isTag(tag) {
      throw ValidationError("--tags: \"\(tag)\" is no tag: A-Z a-z 0-9 _ -")
    }
    if let runtime = containerRuntime, runtime != Self.noRuntime, runtimeKind == nil {
      throw ValidationError(
        "--container-runtime: expected apptainer, podman, docker or none, found \(runtime)")
    }
    if let drain, Units.duration(drain) == nil {
      throw ValidationError("--drain: expected a time as 30s, found \(drain)")
    }
  }

  var tagList: [String] { (tags ?? "").split(separator: "+").map(String.init) }

  /// The word for no container runtime.
  static let noRuntime = "none"

  /// The container runtime that is asked for by name.
  var runtimeKind: ContainerRuntime.Kind? { containerRuntime.flatMap { .init(rawValue: $0) } }

  /// Returns the program that runs containers. Fails where one that is asked for, by its name or by a tag,
  /// does not work here.
  private func findRuntime(_ environment: [String: String]) throws -> ContainerRuntime? {
    let kind = runtimeKind
    let found =
      containerRuntime == Self.noRuntime
      ? nil : ContainerRuntime.find(kind, environment: environment)
    if let kind, found == nil {
      let why = kind == .docker ? ", or its daemon cannot be reached (docker version)" : ""
      throw Failure(
        .usage, "--container-runtime \(kind.rawValue): it is not in PATH\(why)")
    }
    for tag in tagList where [Container.tag, Container.fileTag].contains(tag) {
      guard found?.tags.contains(tag) != true else { continue }
      throw Failure(
        .usage,
        "--tags \(tag): a pilot has this tag by itself where it can run containers, and this one cannot: "
          + (tag == Container.fileTag
            ? "there is no apptainer here" : "there is no apptainer, podman or docker here"))
    }
    return found
  }

  /// The time that running jobs have to end after a first signal.
  var drainTime: Duration { drain.flatMap(Units.duration) ?? .seconds(30) }

  /// Returns the resources of the machine, bounded by the options. Fails for a scratch directory in the
  /// spool, and where the machine has fewer GPUs than it is told.
  func pilotOptions(in spool: Spool) throws -> PilotOptions {
    let place = ScratchDirectory.choose(scratch)
    guard !ScratchDirectory.isInside(place, spool.layout.root) else {
      throw Failure(
        .usage, "--scratch: \(scratch ?? place) is in the spool: give a directory on local disk")
    }
    let environment = Environment.all
    let host = HostResources.detect(environment: environment)
    let devices = try PilotGPUs.choose(gpus, of: host.gpus) { Terminal.say("pilot", $0) }
    let serves = try queues(devices)
    if alsoCpu { Terminal.say("pilot", "--also-cpu is no longer needed: a pilot does that") }
    var given: Set<String> = []
    var variables = Environment.clean(environment)
    // Numbers of GPUs count in the order of `nvidia-smi`. CUDA's own order may be another.
    if !devices.isEmpty {
      variables[Self.orderVariable] = environment[Self.orderVariable] ?? "PCI_BUS_ID"
      given.insert(Self.orderVariable)
    }
    for variable in try VariableList(env, isTemplate: false).variables {
      variables[variable.name] = variable.value.expanded { _ in nil }
      given.insert(variable.name)
    }
    let runtime = try findRuntime(environment)
    var options = PilotOptions(
      host: host.hostName, version: SpoolCommand.version, process: host.identity.json,
      queues: serves, tags: Set(tagList + (runtime?.tags ?? [])).sorted(), cpus: cpus ?? host.cpus,
      memory: memory.flatMap(Units.bytes) ?? Int(host.memory), gpus: devices,
      scratch: place, environment: variables)
    options.pinned = try pin ? cores(for: options.cpus) : []
    options.given = given
    options.containers = runtime
    return options
  }

  /// Returns the cores to hand out. Fails where there are fewer than the pilot offers.
  private func cores(for count: Int) throws -> [Int32] {
    let cores = HostResources.coreNumbers
    guard cores.count >= count else {
      throw Failure(
        .usage,
        "--pin: the pilot offers \(count) cores, and may run on \(cores.count): give fewer --cpus")
    }
    return cores
  }

  private static let orderVariable = "CUDA_DEVICE_ORDER"

  /// Returns the queues to serve, in the order in which they are looked at.
  private func queues(_ devices: [String]) throws -> [Queue] {
    if gpuOnly, devices.isEmpty {
      throw Failure(.usage, "--gpu-only: this machine has no GPU, and a pilot would take no job")
    }
    if let queue = queue.flatMap(Queue.init) {
      return alsoCpu && queue == .gpu ? [.gpu, .cpu] : [queue]
    }
    if gpuOnly { return [.gpu] }
    return devices.isEmpty ? [.cpu] : [.gpu, .cpu]
  }
}

/// The choice of GPUs that a pilot gives to jobs.
enum PilotGPUs {
  /// Returns the GPUs of a pilot that is told to use `count` of those that were found; nil: all. Where
  /// none were found, the operator knows better: they are numbered. Fails where fewer were found.
  static func choose(_ count: Int?, of found: [String], say: (String) -> Void) throws -> [String] {
    guard let count else { return found }
    if count <= found.count { return Array(found.prefix(count)) }
    guard found.isEmpty else {
      throw Failure(.usage, "--gpus \(count): this machine has \(found.count)")
    }
    let names = (0..<count).map(String.init)
    say(
      "--gpus \(count), and none was found: jobs get the numbers \(names.joined(separator: ", "))")
    return names
  }
}
