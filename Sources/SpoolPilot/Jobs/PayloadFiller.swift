internal import SpoolModel
internal import SpoolStore

/// The filler of a job's template: in goes the job's document, out comes its payload, with the
/// placeholders filled that only the pilot can fill.
struct PayloadFiller {
  let job: JobDocument
  let name: JobName
  let pilot: PilotName
  let slot: Slot
  let gpus: [String]
  let options: PilotOptions
  /// The inputs of a job over many files, where they become arguments.
  let inputs: [String]
  /// The time that it has, and the moment at which that is over.
  let time: Duration
  let ends: Timestamp

  /// Returns the payload, with the pilot's own number for it.
  func payload(_ id: Int) -> Payload {
    Payload(
      id: id, arguments: arguments, environment: environment, setup: job.setup,
      directory: job.directory ?? slot.work, output: slot.output, errorOutput: slot.errorOutput,
      wall: job.wall, memory: Int64(job.memory), stuck: job.stuck,
      stop: job.stop?.stop(within: time))
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
    variables["SPOOL_SCRATCH"] = slot.work
    variables["SPOOL_REPORT"] = slot.report
    variables["SPOOL_ENDS"] = "\(ends.milliseconds / 1000)"
    if let checkpoint = job.checkpoint {
      variables["SPOOL_CHECKPOINT"] = slot.checkpoint(checkpoint.policy)
      variables["SPOOL_RESUMED"] = "\(checkpoint.resumed)"
    }
    if !options.gpus.isEmpty {
      variables["CUDA_VISIBLE_DEVICES"] = gpus.joined(separator: ",")
    }
    return variables
  }
}
