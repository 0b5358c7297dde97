internal import SpoolModel
internal import SpoolStore

/// Makes the files of recorded attempts, and hands them to ``ReadyFeeder``, which puts them into
/// ready once they are committed. In come a job and its inputs. Out goes its file, or a `failed`
/// record of the cause `refused` if the job is impossible. Two jobs in work never write the same
/// output path, as far as this watcher knows (R3).
final class JobEnqueuer {
  private let spool: Spool
  private let ready: ReadyFeeder
  private let order: FeedOrder
  private var paths = OutputPaths()

  init(_ spool: Spool, ready: ReadyFeeder, order: FeedOrder) {
    self.spool = spool
    self.order = order
    self.ready = ready
  }

  /// Makes the file of a job's present attempt, and hands it over. `isNew` is true for a job that
  /// was just formed: its output paths are to be reserved.
  func enqueue(
    _ id: JobID, of task: TaskEntry, _ inputs: JobInputs, isNew: Bool, _ turn: Turn
  ) {
    guard let job = turn.state.job(id) else { return }
    turn.placement.put(.queued, id, attempt: job.attempt)
    do throws(RequestError) {
      let builder = JobBuilder(task: task, spool)
      if inputs.count == 0, !task.spec.inputDatasets.isEmpty {
        throw RequestError(
          "its input is gone: the job that had made it was tried again, and did not make it")
      }
      var document = try builder.document(id.index, job, inputs)
      document.readyAt = turn.date
      if isNew {
        try paths.reserve(
          document.outputs, for: id, firstInput: inputs.first, spool.layout, turn.state)
      }
      let contents = document.fileContents
      guard contents.count <= Limits.jobFile / 2 else {
        throw RequestError(
          "its file would have \(contents.count) bytes, and \(Limits.jobFile / 2) may be: shorten its "
            + "command and environment, or use fewer files per job")
      }
      let name = builder.name(id.index, job, rank: order.rank(id, task, turn))
      ready.enqueue(name, task, contents)
    } catch {
      refuse(id, job, "\(error)", inputs.first, turn)
    }
  }

  /// Fails a job whose file cannot be made.
  private func refuse(
    _ id: JobID, _ job: JobEntry, _ reason: String, _ input: String?, _ turn: Turn
  ) {
    turn.record(
      .failed(
        AttemptFailed(
          job: id, attempt: job.attempt, cause: .refused, result: nil, pilot: nil,
          reason: job.words(ofEnd: reason),
          at: turn.date, retryAt: nil, memory: nil, wall: nil, parts: [], input: input)))
    turn.placement.remove(id)
  }

  /// Releases the output paths of jobs whose inputs are to be others'.
  func release(_ jobs: Set<JobID>) { paths.release(jobs) }

  /// Releases the output paths of a task that has ended.
  func noteEnded(task: Name) { paths.release(task) }
}
