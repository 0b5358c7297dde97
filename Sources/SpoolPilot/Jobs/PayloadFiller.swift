internal import SpoolModel
internal import SpoolStore

/// The filler of a job's template: in goes the job's document, out comes its payload, with the
/// placeholders filled that only the pilot can fill.
struct PayloadFiller {
  let job: JobDocument
  let name: JobName
  let pilot: PilotName
  let slot: Slot
  let share: Capacity.Share
  let options: PilotOptions
  /// The inputs of a job over many files, where they become arguments.
  let inputs: [String]
  /// The time that it has, and the moment at which that is over.
  let time: Duration
  let ends: Timestamp

  /// Returns the payload, with the pilot's own number for it.
  func payload(_ id: Int) -> Payload {
    var payload = Payload(
      id: id, arguments: arguments, environment: environment, setup: job.setup,
      directory: job.directory ?? slot.work, output: slot.output, errorOutput: slot.errorOutput,
      wall: job.wall, memory: Int64(job.memory), stuck: job.stuck,
      stop: job.stop?.stop(within: time))
    payload.cores = share.pinned
    payload.container = container
    // What a daemon runs is not seen to work.
    if container?.runtime.kind == .docker { payload.stuck = nil }
    return payload
  }

  /// The job's container. ``problem`` tells where the pilot has no program for it.
  private var container: PayloadContainer? {
    guard let container = job.container, let runtime = options.containers else { return nil }
    let written = job.outputs.filter { $0.from == nil }.map { FilePath.directory($0.path) }
    var own = PayloadContainer(
      container, by: runtime, name: "spool-\(job.job)-a\(job.attempt)-\(pilot)",
      scratch: slot.directory, host: options.environment,
      gpus: options.gpus.isEmpty ? nil : share.gpus, inputs: job.inputs.map(\.path),
      inputList: job.stretches.isEmpty ? nil : slot.inputListNul,
      writable: written + (job.directory.map { [$0] } ?? []))
    own.process = options.process
    return own
  }

  /// The reason why this pilot must not run the job, in words: without its container it would run in
  /// another system than it asks for. The job's name keeps it from pilots that cannot; nil as a rule.
  static func problem(_ job: JobDocument, _ options: PilotOptions) -> String? {
    guard let container = job.container, options.containers?.runs(container) != true else {
      return nil
    }
    let has = options.containers.map { "has \($0.kind.rawValue)" } ?? "has no runtime"
    return "the job needs a container of \(container.image), and this pilot \(has): "
      + "\(container.isFile ? "apptainer runs it" : "install apptainer, podman or docker on the host")"
  }

  /// The variables by which libraries choose the number of their threads: the job's cores, where the
  /// task does not say otherwise. Without them each takes all cores of the machine.
  static let threadVariables = [
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
  ]

  private var arguments: [String] {
    job.command.flatMap { $0.isAllInputs ? inputs : [$0.expanded(value) ?? $0.text] }
  }

  private func value(_ placeholder: Template.Placeholder) -> String? {
    switch placeholder {
    case .report: return slot.report
    case .inputList: return slot.inputList
    case .inputListNul: return slot.inputListNul
    case .scratch: return slot.work
    case .output(let name):
      let output = job.outputs.first { $0.from == nil && (name == nil || $0.name == name) }
      return output?.part(of: job.job, attempt: job.attempt, pilot: pilot)
    default: return nil
    }
  }

  private var environment: [String: String] {
    var variables = options.environment
    if job.container != nil {
      // The image has its own PATH, and its own home or none.
      variables = variables.filter { options.given.contains($0.key) }
      variables["HOME"] = slot.work
    }
    variables["TMPDIR"] = slot.work
    // As a shell has it: through links.
    if let directory = job.directory { variables["PWD"] = directory }
    for variable in Self.threadVariables where variables[variable] == nil {
      variables[variable] = "\(name.cores)"
    }
    for entry in job.environment {
      variables[entry.name] = entry.value.expanded(value) ?? entry.value.text
    }
    variables["SPOOL_TASK"] = job.job.task.text
    variables["SPOOL_JOB"] = job.job.description
    variables["SPOOL_INDEX"] = "\(job.job.index)"
    variables["SPOOL_ATTEMPT"] = "\(job.attempt)"
    variables["SPOOL_PILOT"] = pilot.text
    variables["SPOOL_CPUS"] = "\(name.cores)"
    if !share.pinned.isEmpty {
      variables["SPOOL_CORES"] = share.pinned.map(String.init).joined(separator: ",")
    }
    variables["SPOOL_SCRATCH"] = slot.work
    variables["SPOOL_REPORT"] = slot.report
    variables["SPOOL_ENDS"] = "\(ends.milliseconds / 1000)"
    if let checkpoint = job.checkpoint {
      variables["SPOOL_CHECKPOINT"] = slot.checkpoint(checkpoint.policy)
      variables["SPOOL_RESUMED"] = "\(checkpoint.resumed)"
    }
    if !options.gpus.isEmpty {
      variables["CUDA_VISIBLE_DEVICES"] = share.gpus.joined(separator: ",")
    }
    return variables
  }
}
