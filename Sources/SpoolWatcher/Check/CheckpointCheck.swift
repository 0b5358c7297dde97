internal import SpoolModel
internal import SpoolStore

/// The check of `checkpoints/`: what jobs in work are to go on from is there, and nothing else.
struct CheckpointCheck {
  private let spool: Spool
  private let state: SpoolState

  init(_ spool: Spool, _ state: SpoolState) {
    self.spool = spool
    self.state = state
  }

  /// Returns the findings.
  func findings() throws(FileError) -> [SpoolCheck.Finding] {
    var findings: [SpoolCheck.Finding] = []
    for task in state.tasks.values where task.spec.checkpoint != nil && !task.state.hasEnded {
      for (index, job) in state.jobs(of: task.name) {
        guard let kept = job.checkpoint else { continue }
        let id = JobID(task: task.name, index: index)
        let found = try spool.attributes(ofCheckpoint: kept.file, of: task.name)
        guard found?.size != kept.size else { continue }
        findings.append(
          SpoolCheck.Finding(
            kind: .wrong, place: Spool.place(ofCheckpoint: kept.file, of: task.name),
            message: "is not there, or not of its size: \(id) is to go on from it"))
      }
    }
    for task in try spool.tasksWithCheckpoints() { findings += try strays(of: task) }
    return findings
  }

  /// Returns findings for checkpoints that no job is to go on from, and no attempt is keeping.
  private func strays(of task: Name) throws(FileError) -> [SpoolCheck.Finding] {
    let jobs = state.tasks[task].map { $0.state.hasEnded } ?? true ? [:] : state.jobs(of: task)
    let kept = Set(jobs.values.compactMap(\.checkpoint?.file))
    return try spool.checkpoints(of: task).filter { name in
      let place = Spool.place(ofCheckpoint: name, of: task)
      return !kept.contains(name) && state.litter[place] == nil && !isCurrent(name, jobs)
    }.map {
      SpoolCheck.Finding(
        kind: .pending, place: Spool.place(ofCheckpoint: $0, of: task),
        message: "is of an attempt that does not count; it goes when its task has ended")
    }
  }

  /// Returns true for a checkpoint of the present attempt of a job in work.
  private func isCurrent(_ name: String, _ jobs: [Int: JobEntry]) -> Bool {
    KeptCheckpoint.attempt(of: name).map { jobs[$0.index]?.attempt == $0.attempt } ?? false
  }
}
