internal import SpoolModel
internal import SpoolStore

/// Makes the file of a job. In come task, inputs and attempt; out go the file's name and contents,
/// which are the same whenever they are made.
struct JobBuilder {
  let task: TaskEntry
  let config: SpoolConfig
  let roots: DataRoots

  init(task: TaskEntry, config: SpoolConfig, roots: DataRoots) {
    self.task = task
    self.config = config
    self.roots = roots
  }

  init(task: TaskEntry, _ spool: Spool) {
    self.init(task: task, config: spool.config, roots: spool.dataRoots)
  }

  private var spec: TaskSpec { task.spec }

  /// Returns the name of the job's file. It holds what a pilot must know to choose a job; without a
  /// `rank` it names the attempt alone.
  func name(_ index: Int, _ job: JobEntry, rank: Int? = nil) -> JobName {
    JobName(
      priority: spec.priority, rank: rank, job: JobID(task: spec.name, index: index),
      attempt: job.attempt,
      cores: spec.resources.cpus,
      memory: TaskSpec.mebibytes(job.memory ?? spec.resources.memory),
      gpus: spec.resources.gpus, wall: (wall(of: job).milliseconds + 999) / 1000,
      tags: spec.tags)
  }

  private func wall(of job: JobEntry) -> Duration { job.wall ?? spec.resources.wall }

  /// Returns the contents of the job's file. Throws an error for the user if the job is impossible.
  func document(
    _ index: Int, _ job: JobEntry, _ inputs: JobInputs
  ) throws(RequestError) -> JobDocument {
    let id = JobID(task: spec.name, index: index)
    let fill = { (placeholder: Template.Placeholder) in
      self.value(placeholder, id, job, inputs)
    }
    var document = JobDocument(
      job: id, incarnation: task.accepted.incarnation, attempt: job.attempt,
      owner: task.accepted.owner, inputs: inputs.files, stretches: inputs.stretches,
      order: inputs.order, verifiesChecksum: spec.verifiesChecksum,
      command: try command(inputs, fill), directory: spec.directory,
      outputs: try outputs(fill, isAgain: job.former != nil),
      environment: try spec.environment.completed(by: config.environment)
        .map { entry throws(RequestError) in
          EnvironmentVariable(entry.name, try Template(entry.value.filled(fill)))
        },
      setup: spec.container?.container == nil ? (spec.setup ?? config.setup)?.path : nil,
      wall: wall(of: job), memory: job.memory ?? spec.resources.memory,
      stuck: (spec.stuckAfter ?? config.stuckAfter).duration, stop: spec.stop,
      checkpoint: spec.checkpoint.map {
        JobCheckpoint(
          policy: $0, resumed: job.checkpoint == nil ? 0 : job.resumes, kept: job.checkpoint)
      })
    if !inputs.stretches.isEmpty { document.replaced = inputs.replaced }
    document.container = spec.container?.container
    return document
  }

  private func command(
    _ inputs: JobInputs, _ fill: (Template.Placeholder) -> String?
  ) throws(RequestError) -> [Template] {
    var command: [Template] = []
    for template in spec.command {
      if template.isAllInputs {
        if let problem = Limits.argumentProblem(inputs.argumentBytes) {
          throw RequestError(problem)
        }
        guard inputs.stretches.isEmpty else {
          command.append(template)
          continue
        }
        for input in inputs.files { command.append(try Template(Template.escaped(input.path))) }
      } else {
        command.append(try Template(template.filled(fill)))
      }
    }
    return command
  }

  /// Returns the paths of the job's outputs. Throws if one is not a possible path, or lies outside
  /// the data roots.
  private func outputs(
    _ fill: (Template.Placeholder) -> String?, isAgain: Bool
  ) throws(RequestError) -> [JobOutput] {
    var outputs: [JobOutput] = []
    for output in spec.outputs {
      // Of a pattern only the names of the files are open.
      let expanded =
        output.count == nil
        ? output.path.expanded(fill)
        : output.path.filled { output.isTakenName($0) ? nil : fill($0) }
      guard let expanded else {
        throw RequestError("the output \(output.path.text) has no value here")
      }
      let base = FilePath.base(expanded)
      guard base.utf8.count <= Limits.outputBaseName, !base.isEmpty, base != "..", base != "."
      else {
        throw RequestError(
          "the output's name \"\(base)\" is empty or longer than \(Limits.outputBaseName) bytes")
      }
      // A directory in it brings its own slashes.
      let path = try FilePath.absolute(expanded, in: "/")
      try roots.check(path: path)
      guard !outputs.contains(where: { $0.path == path }) else {
        throw RequestError("two of its outputs are \(path)")
      }
      if let other = outputs.first(where: { FilePath.isNested(path, $0.path) }) {
        throw RequestError("one of its outputs lies in another: \(other.path) and \(path)")
      }
      outputs.append(
        JobOutput(
          path: path, name: output.name, isOptional: output.isOptional,
          // What its earlier attempt made stands there: the watcher knows it, the pilot need not.
          overwrites: output.overwrites || isAgain, from: try from(output, fill),
          count: output.count, isDirectory: output.isDirectory))
    }
    return outputs
  }

  /// Returns the path from which the pilot takes an output. A placeholder's value may lead anywhere.
  private func from(
    _ output: OutputSpec, _ fill: (Template.Placeholder) -> String?
  ) throws(RequestError) -> String? {
    guard let template = output.from else { return nil }
    guard let path = template.expanded(fill) else {
      throw RequestError("the \"from\" \(template.text) has no value here")
    }
    if let problem = ScratchPath.problem(path) { throw RequestError("\"from\": \(problem)") }
    if output.count != nil {
      for value in template.placeholders.compactMap(fill) where FilePattern.isPattern(value) {
        throw RequestError("\"from\": \"\(value)\" holds * or ?, which would take other files")
      }
    }
    return path
  }

  /// Returns the value of a placeholder; nil if the pilot fills it in, or if the job has none.
  private func value(
    _ placeholder: Template.Placeholder, _ id: JobID, _ job: JobEntry, _ inputs: JobInputs
  ) -> String? {
    switch placeholder {
    case .input: inputs.first
    case .dir, .name, .stem, .base: inputs.first.flatMap { placeholder.value(ofInput: $0) }
    case .group: inputs.group ?? inputs.first.flatMap { spec.groupBy?.key(of: $0) }
    case .index: "\(id.index)"
    case .task: spec.name.text
    case .job: id.description
    case .attempt: "\(job.attempt)"
    case .value(let name):
      if case .values(let values) = spec.input, values.indices.contains(job.offset) {
        values[job.offset][name]
      } else {
        nil
      }
    case .inputs, .inputList, .inputListNul, .output, .report, .scratch: nil
    }
  }
}
