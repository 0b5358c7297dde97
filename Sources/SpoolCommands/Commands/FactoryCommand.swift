internal import ArgumentParser
internal import SpoolClient
internal import SpoolFactory
internal import SpoolModel
internal import SpoolPilot
internal import SpoolStore

struct FactoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "factory",
    abstract: "Keep as many pilots in a batch system as the backlog needs, and no more.",
    discussion: """
      Looks at the jobs that wait, at the pilots that are there, and at the batch system's list; starts \
      what is missing step by step, and takes back what waits there for nothing. Pilots leave by \
      themselves when they have nothing to do. A second factory of the same name stands by. After \
      three pilots in a row that died without a job it stops, and says why; `spool status` shows it.

      Words after -- are options for the program that hands in batch jobs: sbatch, qsub; for \
      HTCondor lines of the submit description. The batch systems: slurm, htcondor, gridengine, pbs, \
      and local, which are processes on this machine.

      Example: spool factory slurm --max 50 --cpus 16 --memory 60GB --wall 8h -- --partition=cpu
               spool factory local --max 4 --cpus 1 --memory 2GB
               spool factory slurm --cpus 16 --memory 60GB --wall 8h --dry-run
               spool factory pbs --cpus 8 --memory 30GB --wall 4h --once -- -q batch
      """)

  /// A batch system.
  enum Engine: String, ExpressibleByArgument, CaseIterable {
    case slurm, htcondor, gridengine, pbs, local

    init?(argument: String) { self.init(rawValue: argument == "sge" ? "gridengine" : argument) }

    /// How Spool talks to it.
    var engine: any BatchEngine {
      switch self {
      case .slurm: SlurmEngine()
      case .htcondor: HTCondorEngine()
      case .gridengine: GridEngine()
      case .pbs: PBSEngine()
      case .local: LocalEngine()
      }
    }
  }

  @OptionGroup var options: SpoolOptions
  @Argument(help: "slurm, htcondor, gridengine, pbs or local.")
  var engine: Engine
  @Option(
    help: ArgumentHelp(
      "The most batch jobs at a time. Default: 10; local: as many as this machine has room for.",
      valueName: "number"))
  var max: Int?
  @OptionGroup var flags: PilotFlags
  @Option(
    help: ArgumentHelp(
      "The time limit of a batch job; the pilot's life ends a little earlier. Default: the batch system's.",
      valueName: "time"))
  var wall: String?
  @Option(
    help: ArgumentHelp(
      "The time between two looks. Default: 30s; local: 2s.", valueName: "time"))
  var every: String?
  @Flag(help: "Look once, for cron.")
  var once = false
  @Flag(help: "Print the script of a batch job, and hand in nothing.")
  var dryRun = false
  @Option(
    help: ArgumentHelp("A script in place of Spool's own; see docs/CLUSTERS.md.", valueName: "file")
  )
  var template: String?
  @Option(
    help: ArgumentHelp(
      "The name of the factory, where a spool has several. Default: the batch system's.",
      valueName: "name"))
  var name: String?
  @Option(
    help: ArgumentHelp("The program spool on the nodes. Default: this one.", valueName: "file"))
  var program: String?
  @Argument(parsing: .postTerminator, help: "Options for sbatch, qsub or condor_submit.")
  var more: [String] = []

  func validate() throws {
    if let max, !(1...10_000).contains(max) { throw ValidationError("--max: from 1 to 10000") }
    if let every, Units.duration(every) ?? .zero < .seconds(1) {
      throw ValidationError("--every: expected a time from 1s, as 30s, found \(every)")
    }
    if let name, Name(name) == nil || name.utf8.count > 40 {
      throw ValidationError("--name: expected up to 40 letters, digits, . _ -, found \(name)")
    }
    if engine != .local, flags.cpus == nil || flags.memory == nil {
      throw ValidationError("give --cpus and --memory: what each pilot gets of a node")
    }
    if flags.gpuOnly || flags.queue == "gpu", flags.gpus ?? 0 == 0 {
      throw ValidationError("give --gpus: the number that each pilot gets")
    }
    if engine == .local, !more.isEmpty {
      throw ValidationError("local has no options of its own: found \(more.joined(separator: " "))")
    }
    if let wall, Units.duration(wall) ?? .zero < margin + .seconds(60) {
      throw ValidationError(
        "--wall: expected a time from \(Units.text(margin + .seconds(60))), as 8h, found \(wall)")
    }
  }

  func run() throws {
    let service = ServiceManager.own()
    _ = SpoolRights.adopt(options.path)
    if dryRun {
      let spool = try options.open()
      let (call, script) = FactoryLoop.factory(spool, try settings(spool)).example()
      let words = call.arguments.map(BatchScript.quoted).joined(separator: " ")
      Terminal.note("spool: handed to: \(words)")
      return Terminal.print(script.hasSuffix("\n") ? String(script.dropLast()) : script)
    }
    let signals = try StopSignals.catchAll()
    let spool = try options.openWatched()
    let loop = try FactoryLoop(spool, try settings(spool), service)
    try signals.onEach { loop.stop() }
    try loop.run()
    if signals.count > 0, signals.exitCode != 0 { throw ExitCode(signals.exitCode) }
  }

  // MARK: Settings

  /// The time that running jobs have to end after a TERM. Batch systems kill soon after.
  private var drain: Duration { flags.drain.flatMap(Units.duration) ?? .seconds(10) }
  /// The time by which a pilot's life ends before its batch job would.
  private var margin: Duration { drain + .seconds(60) }

  private func settings(_ spool: Spool) throws -> Factory.Settings {
    let host = HostResources.detect(environment: Environment.all)
    let cpus = flags.cpus ?? 1
    let share = Int(host.memory) / Swift.max(1, host.cpus) * cpus
    let wall = wall.flatMap(Units.duration)
    let room = PilotRoom(
      queues: queues, tags: tags, cpus: cpus,
      memory: flags.memory.flatMap(Units.bytes) ?? share, gpus: flags.gpus ?? 0,
      lifetime: wall.map { $0 - margin })
    let most = max ?? (engine == .local ? Swift.max(1, host.cpus / cpus) : 10)
    let interval =
      every.flatMap(Units.duration) ?? (engine == .local ? .seconds(2) : .seconds(30))
    var settings = Factory.Settings(
      name: try factoryName(), kind: engine.rawValue, engine: engine.engine, script: try script(),
      room: room, most: most, wall: wall, grace: drain + .seconds(20), interval: interval,
      command: try command(room, spool))
    settings.options = more
    settings.isOnce = once
    return settings
  }

  /// The tags of its pilots. Of the nodes it knows only what it is told, and a node without the runtime
  /// ends the pilot.
  private var tags: [String] {
    let runtime = flags.runtimeKind.map(ContainerRuntime.tags(of:)) ?? []
    return Set(flags.tagList + runtime).sorted()
  }

  private func factoryName() throws -> Name {
    guard let name = Name(name ?? engine.rawValue) else {
      throw Failure(.usage, "--name: \(name ?? "") is no name")
    }
    return name
  }

  private var queues: [Queue] {
    if let queue = flags.queue.flatMap(Queue.init) { return [queue] }
    if flags.gpuOnly { return [.gpu] }
    return flags.gpus ?? 0 > 0 ? [.gpu, .cpu] : [.cpu]
  }

  private func script() throws -> BatchScript {
    let path = template.map(WorkingDirectory.absolute)
    do {
      let text = try path.map {
        String(decoding: try PosixFileSystem().read($0, limit: 1 << 20), as: UTF8.self)
      }
      return try BatchScript(text, for: engine.engine)
    } catch {
      throw Failure(.usage, "--template: \(path ?? ""): \(error)")
    }
  }

  /// Returns the command that runs a pilot, without its label.
  private func command(_ room: PilotRoom, _ spool: Spool) throws -> [String] {
    var words = [try self.program ?? ownProgram(), "pilot", "--spool", spool.layout.root]
    words += ["--cpus", "\(room.cpus)", "--memory", flags.memory ?? "\(room.memory)"]
    words += ["--gpus", "\(room.gpus)"]
    if let tags = flags.tags { words += ["--tags", tags] }
    if let runtime = flags.containerRuntime { words += ["--container-runtime", runtime] }
    if let queue = flags.queue { words += ["--queue", queue] }
    if flags.gpuOnly { words.append("--gpu-only") }
    if flags.pin { words.append("--pin") }
    if let scratch = flags.scratch { words += ["--scratch", scratch] }
    for variable in try VariableList(flags.env, isTemplate: false).variables {
      let value = variable.value.expanded { _ in nil } ?? ""
      words += ["--env", "\(variable.name)=\(value)"]
    }
    if let lifetime = room.lifetime { words += ["--lifetime", "\(lifetime.milliseconds / 1000)s"] }
    words += ["--drain", "\(drain.milliseconds)ms", "--exit-when-idle"]
    guard !words.contains(where: { $0.contains(where: \.isNewline) }) else {
      throw Failure(.usage, "a path or value with a line break cannot go into a script")
    }
    return words
  }

  private func ownProgram() throws -> String {
    do throws(FileError) {
      if let path = try PosixFileSystem().readSymbolicLink("/proc/self/exe") { return path }
    } catch {
      throw Failure(.unavailable, "\(error); say with --program where spool is on the nodes")
    }
    throw Failure(.unavailable, "say with --program where spool is on the nodes")
  }
}
