public import SpoolModel

/// A preview of a task, for a dry run. In comes a specification; out goes its first job.
public enum Preview {
  /// Returns the name and the contents of the first job's file, for people to read. If the task
  /// reads a dataset, `FILE` stands for the first file, which only the watcher knows. Throws if the
  /// job is impossible.
  public static func firstJob(
    _ spec: TaskSpec, _ config: SpoolConfig, _ roots: DataRoots
  ) throws(RequestError) -> (String, [UInt8]) {
    var spec = spec
    if spec.container == nil, spec.setup?.path == nil { spec.container = config.container }
    for output in spec.outputs { try roots.check(output.path) }
    let accepted = TaskAccepted(
      spec: spec, incarnation: "0", owner: 0, at: Timestamp(milliseconds: 0), digest: "")
    let job = JobEntry(source: 0, offset: 0, files: 1, end: 1)
    let former = JobBuilder(task: TaskEntry(accepted, number: 1), config: config, roots: roots)
    let inputs: [InputFile]
    switch spec.input {
    case .files(let files):
      let first = spec.groupBy == nil ? 0..<1 : spec.jobs(of: files).first { _ in true } ?? 0..<0
      inputs = Array(files[first.clamped(to: 0..<files.count)])
    case .datasets(let names): inputs = [InputFile(path: "/\(names[0])/FILE")]
    case .count, .values: inputs = []
    }
    var preview = JobInputs(inputs)
    if case .datasets = spec.input, case .pattern? = spec.groupBy { preview.group = "GROUP" }
    let document = try former.document(0, job, preview)
    return (former.name(0, job, rank: 0).fileName, document.json.pretty)
  }
}
