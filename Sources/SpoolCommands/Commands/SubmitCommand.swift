internal import ArgumentParser
internal import SpoolClient
internal import SpoolModel
internal import SpoolStore
internal import SpoolWatcher

struct SubmitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "submit",
    abstract: "Check a task or a dataset manifest, and drop it into incoming/.",
    discussion: """
      Paths of inputs and outputs are taken from where you are. Without a file, the task is made of the \
      options and the command after --, which runs where you are; with --take or --checkpoint, and \
      from a file, it runs in a scratch directory, unless --chdir or "directory" says otherwise. Commands are never changed.

      Examples:
        spool submit task.json manifest.json --wait
        spool submit chain.json --set run=43
        spool submit task.json --replace --overwrite
        spool submit --name reco --input 'raw/*.root' --output 'out/{stem}.root' \\
            -- python3 reco.py {input} {output}
        spool submit --name merge --input 'raw/**/*.root' --group-by 'run(*)_*.root' \\
            --output 'out/run{group}.root' -- hadd {output} {inputs}
        spool submit --name sim --count 100 --take 'result.root=out/{index}.root' \\
            --take 'plots/*.png=plots/{index}/{name}' -- /opt/sim/run --seed {index}
      """)

  @OptionGroup var options: SpoolOptions
  @Argument(
    help: ArgumentHelp(
      "Files to submit: NAME.json, or NAME.jsonl for large manifests; with --name, the command.",
      valueName: "file"), completion: .file(extensions: ["json", "jsonl"]))
  var words: [String] = []
  @OptionGroup var task: TaskFlags
  @Option(
    help: ArgumentHelp(
      "A value for ${NAME} in the strings of the file; may be repeated.", valueName: "name=value"))
  var set: [String] = []
  @Option(
    help: ArgumentHelp(
      "The directory in which commands run, on the pilot's machine. {scratch}: an empty one.",
      valueName: "directory"), completion: .directory)
  var chdir: String?
  @OptionGroup var changeFlags: ChangeFlags
  @OptionGroup var endFlags: EndFlags
  @Flag(help: "Let outputs replace files that are there already.")
  var overwrite = false
  @Flag(help: "Forget an ended task of that name first, as `spool forget` does; its files stay.")
  var replace = false
  @Flag(help: "Print the first job, and drop nothing.")
  var dryRun = false
  @Flag(help: "Wait until the tasks have ended, and exit with their fate.")
  var wait = false

  func validate() throws {
    if task.isGiven, let file = words.first, file.hasSuffix(".json") || file.hasSuffix(".jsonl") {
      throw ValidationError(
        "--name makes a task of the command after --; to submit \(file), leave --name away")
    }
    guard words.isEmpty else { return }
    throw ValidationError(
      task.isGiven
        ? "give the command after --, as: -- python3 reco.py {input} {output}"
        : "give a file, as: spool submit task.json; or --name, --input and a command after --")
  }

  func run() throws {
    let root = WorkingDirectory.current
    var changes = try changeFlags.changes(chdir: chdir, overwrites: overwrite)
    changes.ends = endFlags.changes
    var variables = try Variables(set)
    let submissions =
      task.isGiven
      ? [try Submission(task, command: words, root: root, changes: changes)]
      : try words.map {
        try Submission(file: $0, root: root, variables: &variables, changes: changes)
      }
    try variables.checkUse()
    noteEnvironment(changes)
    if dryRun { return try preview(submissions) }
    let spool = try options.openWatched()
    endFlags.note(spool.config)
    let targets = try submissions.compactMap { try drop($0, spool) }
    guard wait, !targets.isEmpty else { return }
    try Interruption.announce(targets.map(\.name))
    let wait = TaskWait(spool: spool, events: EventSources.make(poll: false), timeOut: nil)
    if let failure = try wait.run(targets) { throw failure }
  }

  /// Drops a request. Returns the task or chain that it makes, to be waited for.
  private func drop(_ submission: Submission, _ spool: Spool) throws -> TaskWait.Target? {
    switch submission.content {
    case .task(let spec):
      if try isThere(spec.name, spec.source, spool) { return TaskWait.Target(name: spec.name) }
      try look(spec, spool)
    case .chain(let spec):
      if try isThere(spec.name, spec.source, spool) { return TaskWait.Target(name: spec.name) }
      for step in spec.steps { try look(step.task, spool) }
    case .manifest, .order, .delete: break
    }
    let request: String
    do throws(FileError) {
      request = try submission.drop(into: spool)
    } catch {
      throw Failure(.unavailable, "\(error)")
    }
    switch submission.content {
    case .task(let spec):
      Terminal.print("submitted the task \(spec.name)")
      return TaskWait.Target(name: spec.name, request: request)
    case .chain(let spec):
      Terminal.print("submitted the chain \(spec.name), of \(spec.steps.count) steps")
      return TaskWait.Target(name: spec.name, request: request)
    case .manifest(let name, _):
      Terminal.print("submitted a manifest of the dataset \(name)")
      return nil
    case .order(let order):
      Terminal.print("submitted: \(order.kind) \(order.task)")
      return nil
    case .delete(let order):
      Terminal.print("submitted: delete \(order.dataset)")
      return nil
    }
  }

  /// Looks at a task before it is dropped: refuses what is surely wrong, and warns of what most often is.
  private func look(_ spec: TaskSpec, _ spool: Spool) throws {
    for note in try check.look(at: spec, in: spool) { Terminal.note("spool: \(note)") }
  }

  private var check: TaskCheck {
    TaskCheck(
      UserPlace(path: Environment.value("PATH"), absolute: { WorkingDirectory.absolute($0) }))
  }

  private func note(_ spec: TaskSpec) {
    for note in check.notes(spec) { Terminal.note("spool: \(note)") }
  }

  /// Says once which variables work here and do not reach the payload of a task without JSON.
  private func noteEnvironment(_ changes: TaskChanges) {
    guard task.isGiven, changes.setup == nil, changes.container == nil else { return }
    let passed = Set(changes.environment.map(\.name))
    let kept = Environment.telling.filter {
      !passed.contains($0) && Environment.value($0)?.isEmpty == false
    }
    guard let first = kept.first else { return }
    let names = kept.joined(separator: ", ")
    Terminal.note(
      "spool: payloads do not get your \(names): --env \(first) passes it, --setup FILE sources a "
        + "script before the command")
  }

  /// Returns true if a task or chain of that name is there with the same content: then there is nothing
  /// to drop. With `--replace` it forgets one that has ended. Fails where the name is another's.
  private func isThere(_ name: Name, _ source: JSONObject, _ spool: Spool) throws -> Bool {
    if replace, let page = TaskLookup(spool).page(of: name) {
      try forget(page, page.chain == nil ? "task" : "chain", spool)
      return false
    }
    let place = task.isGiven ? "--name" : "\"name\" in the file"
    switch try NameCheck(spool, place: place).look(name, source) {
    case .there(let page):
      Terminal.print(
        "the \(page.chain == nil ? "task" : "chain") \(name) is there already, with the same content "
          + "(\(page.stateText): \(page.jobs.done) of \(page.jobs.total) done)")
      return true
    case .dropped:
      Terminal.print("\(name) is dropped already, with the same content")
      return true
    case .free: return false
    }
  }

  /// Forgets an ended task or chain, so that its name is free for this request.
  private func forget(_ page: TaskPage, _ kind: String, _ spool: Spool) throws {
    guard page.state.hasEnded else {
      throw Failure(
        .usage,
        "the \(kind) \(page.name) is in work (\(page.stateText)), and --replace is for one that has "
          + "ended: `spool cancel \(page.name)` ends it")
    }
    try TaskOrders(spool).give([ControlRequest(task: page.name, action: .forget)])
  }

  private func preview(_ submissions: [Submission]) throws {
    // A spool that is there already sets defaults and bounds for its jobs.
    let spool = try? options.open()
    let config = spool?.config ?? SpoolConfig()
    let roots = spool?.dataRoots ?? DataRoots([], in: "/")
    for submission in submissions {
      switch submission.content {
      case .manifest, .order, .delete: Terminal.print(json: submission.contents)
      case .task(let spec): try preview(spec, config, roots)
      case .chain(let spec): for step in spec.steps { try preview(step.task, config, roots) }
      }
    }
  }

  private func preview(_ spec: TaskSpec, _ config: SpoolConfig, _ roots: DataRoots) throws {
    do throws(RequestError) {
      let (name, contents) = try Preview.firstJob(spec, config, roots)
      Terminal.print("\(name)\n")
      Terminal.print(json: contents)
      note(spec)
    } catch {
      throw Failure(.usage, "\(error)")
    }
  }
}
