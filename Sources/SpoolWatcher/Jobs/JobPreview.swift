public import SpoolModel

/// What would become of a task.
public enum Preview {
  /// The first job's file name and its contents, for people. A dataset's first file is shown as
  /// `FILE`, since it is known only to the watcher.
  public static func firstJob(
    _ spec: TaskSpec, _ config: SpoolConfig, _ roots: DataRoots
  ) throws(RequestError) -> (String, [UInt8]) {
    for output in spec.outputs { try roots.check(output.path) }
    let accepted = TaskAccepted(
      spec: spec, incarnation: "0", owner: 0, at: Timestamp(milliseconds: 0), digest: "")
    let job = JobEntry(source: 0, offset: 0, files: 1, end: 1)
    let former = JobBuilder(task: TaskEntry(accepted, number: 1), config: config, roots: roots)
    let inputs: [InputFile]
    switch spec.input {
    case .files(let files): inputs = Array(files.prefix(1))
    case .datasets(let names): inputs = [InputFile(path: "/\(names[0])/FILE")]
    case .count, .values: inputs = []
    }
    let document = try former.document(0, job, inputs)
    return (former.name(0, job).fileName, document.json.pretty)
  }
}
