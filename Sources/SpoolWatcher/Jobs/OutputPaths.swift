internal import SpoolModel
internal import SpoolStore

/// The output paths of jobs that this watcher has formed, by hash: it tells early, naming both, what
/// publication would find late (R3). It is of this watcher's lifetime.
struct OutputPaths {
  private var writers: [UInt64: JobID] = [:]

  /// Reserves a job's outputs; fails where one of them is inside the spool, or is also written by
  /// another job of a task in work.
  mutating func reserve(
    _ outputs: [JobOutput], for id: JobID, firstInput: String?, _ layout: Layout,
    _ state: SpoolState
  ) throws(RequestError) {
    for output in outputs {
      // A value may lead there.
      guard !layout.isPrivate(output.path) else {
        throw RequestError("its output \(output.path) is inside the spool")
      }
      let hash = PathSet.hash(output.path)
      // What a task that has ended left there, publication finds.
      if let other = writers[hash], other != id,
        state.tasks[other.task]?.state.hasEnded == false
      {
        let from = firstInput.map { " (from \($0))" } ?? ""
        throw RequestError("its output \(output.path)\(from) is also written by \(other)")
      }
      writers[hash] = id
    }
  }

  /// Forgets the outputs of a task that has ended.
  mutating func forget(_ task: Name) { writers = writers.filter { $0.value.task != task } }
}
