internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

extension JobID {
  /// Tells the user that a task's name is also a job's, where both are there.
  static func noteTask(_ name: Name, in spool: Spool) {
    let lookup = TaskLookup(spool)
    guard let job = JobID(name.text), lookup.page(of: name) != nil,
      let other = lookup.page(of: job.task)?.task, job.index < other.jobs.total
    else { return }
    Terminal.note(
      "spool: \(name) is the task of that name; it is also the job \(job.index) of the task "
        + "\(job.task), which `spool jobs \(job.task)` lists")
  }
}
