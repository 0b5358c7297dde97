internal import SpoolModel
internal import SpoolStore

/// The output paths of the jobs that this watcher has formed, by hash. They let the watcher refuse
/// a second writer early, and name both jobs; without them only publication would find the conflict
/// (R3). They are lost at a restart.
struct OutputPaths {
  private var writers: [UInt64: JobID] = [:]

  /// Reserves a job's outputs. Throws if one of them is inside the spool, or if a job of a task in
  /// work also writes it.
  mutating func reserve(
    _ outputs: [JobOutput], for id: JobID, firstInput: String?, _ layout: Layout,
    _ state: SpoolState
  ) throws(RequestError) {
    for output in outputs {
      // A placeholder's value may lead there.
      guard !layout.isPrivate(output.path) else {
        throw RequestError("its output \(output.path) is inside the spool")
      }
      // Which names a pattern takes is not known yet.
      guard output.count == nil else { continue }
      let hash = PathSet.hash(output.path)
      // Publication finds the files that an ended task left there.
      if let other = writers[hash], other != id,
        state.tasks[other.task]?.state.hasEnded == false
      {
        let from = firstInput.map { " (from \($0))" } ?? ""
        throw RequestError("its output \(output.path)\(from) is also written by \(other)")
      }
      writers[hash] = id
    }
  }

  /// Releases the outputs of jobs.
  mutating func release(_ jobs: Set<JobID>) {
    guard !jobs.isEmpty else { return }
    writers = writers.filter { !jobs.contains($0.value) }
  }

  /// Releases the outputs of a task that has ended.
  mutating func release(_ task: Name) { writers = writers.filter { $0.value.task != task } }
}
