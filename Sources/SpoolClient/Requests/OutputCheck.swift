internal import SpoolModel

/// The look at the paths to which a task's jobs will write, before it is dropped. Of a task over
/// datasets nothing is known.
struct OutputCheck {
  private let task: TaskSpec
  /// The first input of each job of a list of files.
  private let inputs: [String]

  /// The most jobs whose outputs are looked for.
  static let mostLooks = 1000

  init(_ task: TaskSpec) {
    self.task = task
    guard case .files(let files) = task.input, !task.outputs.isEmpty else {
      inputs = []
      return
    }
    inputs = task.jobs(of: files).map { files[$0.lowerBound].path }
  }

  /// Two jobs that would write one path, in words; nil if there are none.
  var collision: String? {
    switch task.input {
    case .files, .values: break
    case .datasets, .count: return nil
    }
    for output in task.outputs where output.count == nil {
      var writers: [String: Int] = [:]
      for job in 0..<jobs {
        guard let path = path(output, job) else { return nil }
        guard let first = writers.updateValue(job, forKey: path) else { continue }
        return "the jobs of \(input(first)) and \(input(job)) would both write \(path): tell their "
          + "outputs apart, as with {index}"
      }
    }
    return nil
  }

  /// Returns a warning, in words, if outputs are there already that may not be replaced.
  func note(_ isThere: (String) -> Bool) -> String? {
    var found: [String] = []
    let count = min(jobs, Self.mostLooks)
    for output in task.outputs where !output.overwrites && output.count == nil {
      found += (0..<count).compactMap { path(output, $0) }.filter(isThere)
    }
    guard let first = found.first else { return nil }
    let more = jobs > count ? " of the first \(count) jobs" : ""
    let number = found.count == 1 ? "1 output\(more) is" : "\(found.count) outputs\(more) are"
    return "\(number) there already, as \(first): a job does not replace it, and fails (exists); "
      + "--overwrite lets it"
  }

  private var jobs: Int {
    switch task.input {
    case .datasets: return 0
    case .count(let count): return count
    case .values(let values): return values.count
    case .files: return inputs.count
    }
  }

  /// Returns the first input of a job, or its value.
  private func input(_ job: Int) -> String {
    if case .values(let values) = task.input { return values[job].words }
    return inputs.indices.contains(job) ? inputs[job] : ""
  }

  private func path(_ output: OutputSpec, _ job: Int) -> String? {
    let path = output.path.expanded { placeholder in
      switch placeholder {
      case .dir, .name, .stem, .base: placeholder.value(ofInput: input(job))
      case .group: task.groupBy?.key(of: input(job))
      case .index: "\(job)"
      case .task: task.name.text
      case .job: JobID(task: task.name, index: job).description
      case .value(let name):
        if case .values(let values) = task.input { values[job][name] } else { nil }
      default: nil
      }
    }
    // As the watcher will: a directory in it brings its own slashes.
    return path.flatMap { try? FilePath.absolute($0, in: "/") }
  }
}
