internal import SpoolModel
internal import SpoolStore

/// Gives accepted outputs their final names (R3). In come accepted results; out go `published`
/// records and events. It runs after the commit that accepted a result. After a crash it goes on
/// where it was, because it reads the accepted results from the journal's state.
final class Publisher: Stage {
  private let spool: Spool
  /// Accepted results that wait for publication, each with its file in the inbox if that is known.
  private var waiting: [JobID: InboxName?] = [:]
  /// The number of outputs that already have their final names, by job, while others of the job
  /// have not.
  private var progress: [JobID: Int] = [:]
  private var patience = ErrorPatience<JobID>()
  /// The last job that was tried, while there was no time for those after it.
  private var last: JobID?

  init(_ spool: Spool) {
    self.spool = spool
  }

  /// Takes an accepted result, to publish it after the commit.
  func add(_ job: JobID, from name: InboxName?) { waiting[job] = .some(name) }

  /// Takes the results that are accepted and not published, after a restart.
  func resume(_ turn: Turn) {
    for task in turn.state.liveTasks {
      for (index, job) in turn.state.jobs(of: task.name) where job.isPublishing {
        add(JobID(task: task.name, index: index), from: nil)
      }
    }
  }

  /// True while nothing waits for publication.
  var isIdle: Bool { waiting.isEmpty }

  /// True if the last run published results, and others wait because there was no time for them.
  private(set) var isBehind = false

  func nextDue(_ turn: Turn) -> Instant? { last == nil ? nil : .distantPast }

  /// A result that is to be published.
  private struct Job: Sendable {
    var id: JobID
    var outputs: [Output]
    var former: [Former]
    /// 1 if the last try was refused: such a job holds up no other.
    var isRefused: Int
    /// The task's priority; less for a task that is cancelled, and ends once all are published.
    var urgency: Int
  }

  private struct Output: Sendable {
    var staged: StagedOutput
    var overwrites: Bool

    /// True if it may replace a directory, which is to be removed then.
    var mayReplace: Bool { overwrites && staged.files != nil }
  }

  /// An output of an earlier attempt that gives up its name.
  private struct Former: Sendable {
    var output: FormerOutput
    /// The path to which it is moved, and from which it is removed.
    var aside: String
    /// The output that gets the name; nil: the new attempt has none there.
    var replacement: Output?
  }

  /// The end of a publication, with the number of outputs that have their final names.
  private struct Attempt: Sendable {
    enum End {
      case done
      case refused(Cause, String)
      case failed(FileError)
    }
    var end: End
    var published: Int
    /// The paths to which was moved what is replaced.
    var replaced: [String] = []
  }

  /// Publishes accepted results, once they are committed, as many as the turn has time for.
  func run(_ turn: Turn) throws {
    isBehind = false
    guard !waiting.isEmpty else { return }
    try turn.checkLease()
    let jobs = waiting.keys.sorted().rotated(after: last).compactMap { job($0, turn) }
      .sorted { ($0.isRefused, $0.urgency) < ($1.isRefused, $1.urgency) }
    // The end of a cancelled task waits for its accepted results.
    let budget = turn.wholeBudget()
    let spool = spool
    let attempts = spool.each(jobs, until: { _ in budget.isOver }) { Self.publish($0, spool) }
    last = attempts.count < jobs.count ? jobs[attempts.count - 1].id : nil
    var published: [Job] = []
    var replaced: [String] = []
    for (job, attempt) in zip(jobs, attempts) {
      guard conclude(job, attempt, turn) else { continue }
      published.append(job)
      replaced += attempt.replaced
    }
    isBehind = last != nil && !published.isEmpty
    try makeDurable(published, turn)
    if !replaced.isEmpty { turn.record(.discarded(replaced, at: turn.date)) }
    for job in published {
      turn.record(.published(job.id))
      turn.placement.remove(job.id)
      if let name = waiting.removeValue(forKey: job.id) ?? nil { turn.emit(.published(name)) }
    }
  }

  /// Returns a waiting job with its outputs. If its task ended before the publication, drops it.
  private func job(_ id: JobID, _ turn: Turn) -> Job? {
    guard let task = turn.state.tasks[id.task], let job = turn.state.job(id),
      case .publishing(let result) = job.phase
    else {
      if let name = waiting.removeValue(forKey: id) ?? nil {
        turn.emit(.publicationAbandoned(name))
      }
      return nil
    }
    let outputs = result.outputs.map {
      Output(staged: $0, overwrites: task.spec.output($0.number)?.overwrites ?? false)
    }
    return Job(
      id: id, outputs: outputs, former: Self.former(job, result.pilot, outputs),
      isRefused: patience.isRefused(id) ? 1 : 0,
      urgency: task.cancelledBy == nil ? task.spec.priority : -1)
  }

  /// Returns the outputs of an earlier attempt of a job. A directory that another replaces gives up its
  /// name as any other does.
  private static func former(
    _ job: JobEntry, _ pilot: PilotName, _ outputs: [Output]
  ) -> [Former] {
    guard let former = job.former, !former.isEmpty else { return [] }
    let new = Dictionary(outputs.map { ($0.staged.path, $0) }) { $1 }
    return former.compactMap { output in
      let replacement = new[output.path]
      if replacement?.mayReplace ?? false { return nil }
      return Former(
        output: output, aside: output.aside(attempt: job.attempt, pilot: pilot),
        replacement: replacement)
    }
  }

  /// Syncs the directories of published outputs. If the permissions of one let the watcher write
  /// but not read it, it cannot be synced, and the watcher goes on after a message.
  private func makeDurable(_ jobs: [Job], _ turn: Turn) throws(FileError) {
    let directories = Set(
      jobs.flatMap { job in
        job.outputs.map { FilePath.directory($0.staged.path) }
          + job.former.map { FilePath.directory($0.output.path) }
      })
    let spool = spool
    let answers = spool.each(directories.sorted(), until: { _ in false }) { directory in
      Result { () throws(FileError) in try spool.sync(data: directory) }
    }
    for case .failure(let error) in answers {
      guard error.isLasting else { throw error }
      turn.say("\(error)")
    }
  }

  /// Notes that an output could not be published. It holds up no other, and the job is refused once
  /// the error is lasting or the time for trying is over (R10).
  private func postpone(_ job: JobID, _ error: FileError, _ turn: Turn) {
    guard patience.note(job, of: job, error, spool.config, turn),
      case .publishing(let result)? = turn.state.job(job)?.phase
    else { return }
    refuse(job, .staging, "\(error)", result, turn)
  }

  /// Concludes from an attempt at a publication. Returns true if all outputs have their names.
  private func conclude(_ job: Job, _ attempt: Attempt, _ turn: Turn) -> Bool {
    progress[job.id] = attempt.published
    switch attempt.end {
    case .failed(let error):
      postpone(job.id, error, turn)
      return false
    case .refused(let cause, let reason):
      if case .publishing(let result)? = turn.state.job(job.id)?.phase {
        refuse(job.id, cause, reason, result, turn)
      }
    case .done: progress[job.id] = nil
    }
    patience.noteSuccess(job.id)
    if case .done = attempt.end { return true }
    return false
  }

  /// Gives the outputs of an earlier attempt their names back, where the new ones are not published.
  private func putBack(_ job: JobEntry?, _ pilot: PilotName, _ turn: Turn) {
    guard let job else { return }
    for output in job.former ?? [] {
      let aside = output.aside(attempt: job.attempt, pilot: pilot)
      do throws(FileError) {
        try spool.putBack(output, from: aside)
      } catch {
        turn.say("\(error): the file \(output.path) stays at \(aside)")
      }
    }
  }

  /// Gives a job's outputs their final names.
  private static func publish(_ job: Job, _ spool: Spool) -> Attempt {
    var published = 0
    var replaced: [String] = []
    do throws(FileError) {
      if let reason = try stray(job.outputs, spool) {
        return Attempt(end: .refused(.refused, reason), published: 0)
      }
      for former in job.former {
        let set = try spool.setAside(
          former.output, to: former.aside, for: former.replacement?.staged)
        if set == .other, former.replacement?.overwrites == false {
          let reason = Spool.words(existing: former.output.path, overwrites: false)
          return Attempt(end: .refused(.exists, reason), published: 0)
        }
        replaced.append(former.aside)
      }
      for output in job.outputs {
        switch try spool.publish(output.staged, overwrites: output.overwrites) {
        case .done:
          published += 1
          if output.mayReplace, let path = try spool.replaced(by: output.staged) {
            replaced.append(path)
          }
        case .exists(let path):
          let reason = Spool.words(existing: path, overwrites: output.overwrites)
          return Attempt(end: .refused(.exists, reason), published: published)
        case .lost(let why):
          return Attempt(end: .refused(.staging, why), published: published)
        }
      }
      // The directories in which files of a pattern were staged.
      let emptied = Set(job.outputs.map(\.staged).filter(\.isInDirectory).map(\.remains))
      for directory in emptied.sorted() { try spool.dropEmptied(directory) }
      return Attempt(end: .done, published: published, replaced: replaced)
    } catch {
      return Attempt(end: .failed(error), published: published)
    }
  }

  /// Returns the reason if a directory of these outputs lies outside the data roots once links are
  /// followed; else nil. By spelling it lies in one.
  private static func stray(_ outputs: [Output], _ spool: Spool) throws(FileError) -> String? {
    guard !spool.dataRoots.isAnywhere else { return nil }
    let roots = spool.resolvedDataRoots()
    for directory in Set(outputs.map { FilePath.directory($0.staged.path) }).sorted() {
      let real = try spool.resolve(data: directory)
      guard !roots.contains(directory: real) else { continue }
      return "\(directory) leads to \(real), which is in none of the data roots: \(roots.words)"
    }
    return nil
  }

  /// Takes back a publication. All outputs of a job get their names, or none: an output that has
  /// its name already becomes a part again, and is removed like the parts of a discarded result.
  private func refuse(
    _ id: JobID, _ cause: Cause, _ reason: String, _ result: JobResult, _ turn: Turn
  ) {
    let done = progress.removeValue(forKey: id) ?? 0
    for (number, output) in result.outputs.enumerated() {
      do throws(FileError) {
        try number < done ? spool.unpublish(output) : spool.dropSecondName(of: output)
        if output.files != nil { try spool.restoreReplaced(by: output) }
      } catch {
        if !error.isMissing { turn.say("\(error): it stays, and belongs to no dataset") }
      }
    }
    putBack(turn.state.job(id), result.pilot, turn)
    turn.emit(.publicationRefused(id, cause, reason))
    if let name = waiting.removeValue(forKey: id) ?? nil { turn.emit(.published(name)) }
  }
}
