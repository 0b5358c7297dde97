internal import DequeModule
internal import SpoolModel
internal import SpoolStore

/// Issues the further attempts of jobs when they are due. In come the due times of waiting jobs and
/// the jobs whose file is lost or taken back. Out go `attempt` records, and job files for
/// ``ReadyFeeder``. A further attempt has a new number, and no number is issued twice (R4).
final class JobReissue: Stage {
  private let reader: InputReader
  private let enqueuer: JobEnqueuer
  private let ready: ReadyFeeder
  private let marks: WaterMarks
  private var retries = RetryQueue()
  /// The retries that are due and have not had room yet, by task. Each is taken out of the queue once.
  private var due: [Name: Deque<RetryQueue.Entry>] = [:]
  /// The number of retries issued in this turn.
  private var issued = 0
  /// The time that this turn has for retries.
  private var budget: StageBudget?
  /// True if this turn ended before the retries that are due, and the room for them.
  private var isCut = false

  /// The time until the watcher tries again to issue an attempt.
  static let issueAgain = Duration.seconds(1)
  /// The time until the watcher looks again for room for a retry.
  static let crowdedPause = Duration.milliseconds(200)

  init(_ spool: Spool, enqueuer: JobEnqueuer, ready: ReadyFeeder, marks: WaterMarks) {
    reader = InputReader(spool: spool)
    self.enqueuer = enqueuer
    self.ready = ready
    self.marks = marks
  }

  // MARK: Waiting jobs

  /// Schedules a job's next attempt for a recorded time.
  func schedule(_ id: JobID, at due: Timestamp, _ turn: Turn) {
    guard let job = turn.state.job(id) else { return }
    retries.add(id, after: job.attempt, at: turn.instant(of: due, atMost: RetryRule.longestDelay))
  }

  private func schedule(_ id: JobID, _ job: JobEntry, at due: Instant) {
    retries.add(id, after: job.attempt, at: due)
  }

  /// Schedules the waiting jobs of a task, each at its time.
  func scheduleWaiting(_ name: Name, _ turn: Turn) {
    for (index, job) in turn.state.jobs(of: name).sorted(by: { $0.key < $1.key }) {
      let id = JobID(task: name, index: index)
      switch turn.placement.whereabouts(of: id, job) {
      case .waiting: if case .waiting(let due) = job.phase { schedule(id, at: due, turn) }
      case .issued(.parked): schedule(id, job, at: turn.now)
      case .issued, .publishing: break
      }
    }
  }

  /// Schedules a job that was taken back out of ready. The jobs of a held task wait for its release
  /// instead.
  func noteParked(_ id: JobID, _ turn: Turn) {
    guard turn.state.tasks[id.task]?.state != .held, let job = turn.state.job(id) else { return }
    schedule(id, job, at: turn.now)
  }

  /// Schedules the waiting jobs that the journal knows, after a restart.
  func resume(_ turn: Turn) {
    for task in turn.state.liveTasks { scheduleWaiting(task.name, turn) }
  }

  func nextDue(_ turn: Turn) -> Instant? {
    guard !due.isEmpty else { return retries.nextDue }
    return isCut ? turn.now : turn.now + Self.crowdedPause
  }

  // MARK: Further attempts

  /// Takes the retries that have become due. Called before a turn issues them.
  func collectDue(_ turn: Turn) {
    issued = 0
    budget = turn.budget()
    isCut = false
    while let entry = retries.takeDue(at: turn.now) {
      due[entry.job.task, default: []].append(entry)
    }
    // When a held task is released, its jobs are scheduled again.
    for name in due.keys where turn.state.tasks[name].map(\.isAtWork) != true { due[name] = nil }
  }

  /// Issues the retries of a task that are due, as far as there is room and time. Returns true if
  /// there were any.
  func issueDue(of task: TaskEntry, _ turn: Turn) -> Bool {
    guard due[task.name] != nil, !marks.holdsBack(task, turn),
      turn.placement.mayReadInputs(of: task)
    else { return false }
    let before = issued
    while let entry = due[task.name]?.first {
      let isOver = issued > 0 && budget?.isOver ?? false
      guard issued < JobFormation.mostPerTurn, !isOver else {
        isCut = true
        break
      }
      let job = turn.state.job(entry.job)
      if let job, job.attempt == entry.attempt,
        turn.placement.whereabouts(of: entry.job, job).awaitsAttempt
      {
        let room = ready.findRoom(for: task, turn)
        guard room > 0 else { break }
        if job.splits {
          split(entry.job, job, task, min(room, JobFormation.mostPerTurn), turn)
        } else {
          issue(entry.job, turn)
        }
        issued += 1
      }
      due[task.name]?.removeFirst()
    }
    if due[task.name]?.isEmpty ?? false { due[task.name] = nil }
    return issued > before
  }

  /// Records a job's next attempt, and has its file put into ready (R4). If its inputs cannot be
  /// read now, the attempt is due a little later.
  func issue(_ id: JobID, _ turn: Turn) {
    guard let task = turn.state.tasks[id.task], let old = turn.state.job(id) else { return }
    let attempt = old.attempt + 1
    let inputs: JobInputs
    do throws(FileError) {
      inputs = try reader.inputsAgain(task, old, turn)
    } catch {
      turn.note(error, "attempt \(attempt) of \(id)")
      if old.phase == .issued { turn.placement.put(.parked, id, attempt: old.attempt) }
      return schedule(id, old, at: turn.now + Self.issueAgain)
    }
    turn.record(.attempt(id, attempt: attempt))
    // A part of a job that was split is formed by its first attempt.
    enqueuer.enqueue(id, of: task, inputs, isNew: old.attempt == 0, turn)
  }

  /// Records that files of a job, up to `most`, are jobs of their own. They are due at once, and the
  /// rest of the job behind them: so no more jobs are in work than ready has room for (R10).
  private func split(_ id: JobID, _ job: JobEntry, _ task: TaskEntry, _ most: Int, _ turn: Turn) {
    do throws(FileError) {
      let most = min(most, Limits.jobsPerTask - task.formed)
      guard most > 0 else { throw FileError("split", id.description, .overLimit) }
      let (parts, rest) = try reader.parts(of: job, task, most, turn)
      turn.record(.split(JobSplit(job: id, parts: parts, rest: rest, at: turn.date)))
    } catch {
      turn.note(error, "the files of \(id)")
      schedule(id, job, at: turn.now + Self.issueAgain)
    }
  }
}
