internal import SpoolModel
internal import SpoolStore

/// Forms jobs from datasets, no more than pilots can use, and issues further attempts.
///
/// In come the state and the retries that are due. Out go records (`formed`, `attempt`, `revived`,
/// and `failed` for a job that is impossible), and jobs that ``ReadyFeeder`` puts into ready once
/// they are committed. A retry has a new attempt number, and no number is issued twice (R4).
final class JobFormation: Stage {
  private let spool: Spool
  private let reader: InputReader
  private let ready: ReadyFeeder
  private let marks: WaterMarks
  private var retries = RetryQueue()
  private var paths = OutputPaths()
  /// The failed jobs that an order wants tried again, by task.
  private var failures: [Name: FailedJobs] = [:]
  /// The times until which tasks wait for an absent dataset.
  private var datasetWaits = Deadlines<Name>()
  /// The times until which tasks wait for a decision about an incomplete dataset.
  private var decisionWaits = Deadlines<Name>()
  /// True if a retry is due for which ready has no room.
  private var isCrowded = false

  /// The largest number of jobs that are formed or issued at a time.
  static let mostPerTurn = 2000
  /// The time until the watcher tries again to issue an attempt.
  static let issueAgain = Duration.seconds(1)
  /// The time until the watcher looks again for room for a retry.
  static let crowdedPause = Duration.milliseconds(200)

  init(_ spool: Spool, ready: ReadyFeeder, marks: WaterMarks) {
    self.spool = spool
    self.ready = ready
    self.marks = marks
    reader = InputReader(spool: spool)
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
    guard let due = retries.nextDue else { return nil }
    return isCrowded ? max(due, turn.now + Self.crowdedPause) : due
  }

  // MARK: A turn

  /// Issues the retries that are due, and forms new jobs. Returns true if there were any.
  func run(_ turn: Turn) -> Bool {
    var hasWorked = issueRetries(turn)
    for task in turn.state.liveTasks where !marks.holdsBack(task, turn) {
      do throws(FileError) {
        if try revive(task, turn) { hasWorked = true }
        if try form(task.name, turn) { hasWorked = true }
      } catch {
        // A catalogue that cannot be read must not hold up other tasks.
        turn.note(error, task.name.text)
      }
    }
    return hasWorked
  }

  /// Forgets a task that has ended.
  func forget(_ task: Name) {
    paths.forget(task)
    failures[task] = nil
    datasetWaits.forget(task)
    decisionWaits.forget(task)
  }

  /// Returns the number of further jobs of a task for which ready has room. If there is none, notes
  /// that the shape has a backlog.
  private func findRoom(for spec: TaskSpec) -> Int {
    let room = ready.room(for: spec)
    if room <= 0 { ready.noteBacklog(spec.shape) }
    return max(0, room)
  }

  // MARK: Further attempts

  /// Issues the retries that are due, as far as there is room. Returns true if there were any.
  private func issueRetries(_ turn: Turn) -> Bool {
    let now = turn.now
    var issued = 0
    var kept: [RetryQueue.Entry] = []
    while issued < Self.mostPerTurn, let entry = retries.takeDue(at: now) {
      // When a held task is released, its jobs are scheduled again.
      guard let task = turn.state.tasks[entry.job.task], task.state != .held,
        let job = turn.state.job(entry.job), job.attempt == entry.attempt,
        isWaiting(entry.job, job, turn)
      else { continue }
      guard findRoom(for: task.spec) > 0, !marks.holdsBack(task, turn) else {
        kept.append(entry)
        continue
      }
      issue(entry.job, turn)
      issued += 1
    }
    for entry in kept { retries.putBack(entry) }
    isCrowded = !kept.isEmpty
    return issued > 0
  }

  /// Returns true if a job waits for its next attempt.
  private func isWaiting(_ id: JobID, _ job: JobEntry, _ turn: Turn) -> Bool {
    switch turn.placement.whereabouts(of: id, job) {
    case .waiting, .issued(.parked): true
    case .issued, .publishing: false
    }
  }

  /// Records a job's next attempt, and has its file put into ready (R4). If its inputs cannot be
  /// read now, the attempt is due a little later.
  func issue(_ id: JobID, _ turn: Turn) {
    guard let task = turn.state.tasks[id.task], let old = turn.state.job(id) else { return }
    let attempt = old.attempt + 1
    let inputs: [InputFile]
    do throws(FileError) {
      inputs = try reader.inputs(task, old, turn)
    } catch {
      turn.note(error, "attempt \(attempt) of \(id)")
      if old.phase == .issued { turn.placement.put(.parked, id, attempt: old.attempt) }
      return schedule(id, old, at: turn.now + Self.issueAgain)
    }
    turn.record(.attempt(id, attempt: attempt))
    guard let job = turn.state.job(id) else { return }
    makeFile(id, task, job, inputs, isNew: false, turn)
  }

  /// Returns the parts that a pilot's attempt may have begun. Used if the job's own file cannot
  /// tell them.
  func parts(of id: JobID, by pilot: PilotName?, _ turn: Turn) -> [String] {
    guard let pilot, let task = turn.state.tasks[id.task], let job = turn.state.job(id),
      let inputs = try? reader.inputs(task, job, turn),
      let document = try? JobBuilder(task: task, spool).document(id.index, job, inputs)
    else { return [] }
    return document.outputs.map { $0.part(attempt: job.attempt, pilot: pilot) }
  }

  /// Takes failed jobs back into work, as many as there is room for. Returns true if anything was
  /// done.
  private func revive(_ task: TaskEntry, _ turn: Turn) throws(FileError) -> Bool {
    guard let revival = task.revival, task.state != .held else { return false }
    let failed = failures[task.name] ?? FailedJobs(spool, task.name, revival)
    failures[task.name] = failed
    guard try failed.find(among: task.failedJobs) else { return true }
    let found = try failed.next(min(findRoom(for: task.spec), Self.mostPerTurn))
    guard !found.isEmpty || failed.rest == nil else { return false }
    turn.record(
      .revived(JobsRevived(task: task.name, jobs: found, at: turn.date, next: failed.rest)))
    if failed.rest == nil { failures[task.name] = nil }
    return true
  }

  /// Returns the path of a job's first input, if it is known.
  func firstInput(of id: JobID, _ turn: Turn) -> String? {
    guard let task = turn.state.tasks[id.task], let job = turn.state.job(id) else { return nil }
    return (try? reader.inputs(task, job, turn))?.first?.path
  }

  // MARK: Readiness

  /// The readiness of a task to have jobs formed.
  enum Readiness: Equatable {
    case ready
    /// A dataset does not exist yet.
    case waits(for: Name)
    /// The dataset did not come in time (R10).
    case overdue(Name)
    /// The task is held, or it only runs failed jobs again.
    case off
  }

  /// Returns the readiness of a task: jobs are formed once all of its datasets exist.
  func readiness(of task: TaskEntry, _ turn: Turn) -> Readiness {
    guard task.state == .active, !task.isRepair else { return .off }
    guard case .datasets(let names) = task.spec.input,
      let missing = names.first(where: { turn.state.datasets[$0] == nil })
    else { return .ready }
    let isOverdue = datasetWaits.hasCome(
      task.waitsSince + spool.config.datasetWait, for: task.name, at: turn.now)
    return isOverdue ? .overdue(missing) : .waits(for: missing)
  }

  /// Acts on a task's readiness. Returns true if jobs may be formed.
  private func checkReadiness(_ task: TaskEntry, _ turn: Turn) -> Bool {
    let readiness = readiness(of: task, turn)
    switch readiness {
    case .off: return false
    case .ready:
      turn.placement.setAwaited(nil, for: task.name)
      datasetWaits.forget(task.name)
      return true
    case .waits(let dataset):
      turn.placement.setAwaited(dataset, for: task.name)
      let wait = spool.config.datasetWait
      datasetWaits.note(task.waitsSince + wait, for: task.name, atMost: wait, turn)
    case .overdue(let dataset):
      turn.placement.setAwaited(dataset, for: task.name)
      let waited = Units.text(spool.config.datasetWait)
      end(task, "the dataset \(dataset) did not come within \(waited)", turn)
    }
    return false
  }

  private func end(_ task: TaskEntry, _ reason: String, _ turn: Turn) {
    turn.record(.ended(task: task.name, state: .failed, at: turn.date, reason: reason))
  }

  // MARK: New jobs

  /// Forms jobs of a task, as many as there is room for. Returns true if there were any.
  private func form(_ name: Name, _ turn: Turn) throws(FileError) -> Bool {
    guard let task = turn.state.tasks[name], checkReadiness(task, turn) else { return false }
    if case .datasets(let names) = task.spec.input, task.spec.filesPerJob == .all {
      return try formOverAll(task, names, turn)
    }
    var hasFormed = false
    for source in task.next.indices {
      let room = min(findRoom(for: task.spec), Self.mostPerTurn)
      guard room > 0 else { break }
      if try form(name, source, room, turn) { hasFormed = true }
    }
    return hasFormed
  }

  /// Forms up to `room` jobs of one source. Returns true if there were any.
  private func form(
    _ name: Name, _ source: Int, _ room: Int, _ turn: Turn
  ) throws(FileError) -> Bool {
    guard let task = turn.state.tasks[name] else { return false }
    let most = min(room, Limits.jobsPerTask - task.formed)
    let groups = try reader.groups(task, source: source, from: task.next[source], limit: most, turn)
    guard let last = groups.last else { return false }
    let first = task.formed
    turn.record(
      .formed(
        JobsFormed(
          task: name, first: first, source: source, offsets: groups.map(\.offset),
          files: groups.map(\.count), next: last.next)))
    for (index, group) in groups.enumerated() {
      let id = JobID(task: name, index: first + index)
      guard let job = turn.state.job(id) else { continue }
      makeFile(id, task, job, group.inputs, isNew: true, turn)
    }
    return true
  }

  /// Forms the one job of a task that reads all of its files in one job, once its datasets are
  /// complete.
  private func formOverAll(
    _ task: TaskEntry, _ names: [Name], _ turn: Turn
  ) throws(FileError) -> Bool {
    let incomplete = incompleteInput(of: task, turn)
    turn.placement.setIncomplete(incomplete, for: task.name)
    let datasets = names.compactMap { turn.state.datasets[$0] }
    guard task.formed == 0, datasets.allSatisfy(turn.placement.isClosedAndReadable) else {
      return false
    }
    if let incomplete {
      endUndecided(task, incomplete, turn)
      return false
    }
    let inputs = try reader.everything(names, turn)
    guard !inputs.isEmpty else { return false }
    turn.record(
      .formed(
        JobsFormed(
          task: task.name, first: 0, source: JobEntry.all, offsets: [0], files: [inputs.count],
          next: Int.max)))
    let id = JobID(task: task.name, index: 0)
    guard let job = turn.state.job(id) else { return false }
    makeFile(id, task, job, inputs, isNew: true, turn)
    return true
  }

  /// Returns the incomplete dataset that a task needs whole. The task waits until a person decides:
  /// to retry the jobs that would complete the dataset, or to go on without their files.
  private func incompleteInput(of task: TaskEntry, _ turn: Turn) -> Name? {
    guard case .datasets(let names) = task.spec.input, task.spec.filesPerJob == .all,
      task.formed == 0, !task.spec.allowsIncomplete
    else { return nil }
    return names.first { turn.state.datasets[$0]?.state == .incomplete }
  }

  /// Ends a task whose incomplete dataset nobody decided about in time (R10).
  private func endUndecided(_ task: TaskEntry, _ lacking: Name, _ turn: Turn) {
    guard let dataset = turn.state.datasets[lacking] else { return }
    let ends = dataset.producers.compactMap { turn.state.tasks[$0]?.ended }
    let since = max(ends.max() ?? task.waitsSince, task.waitsSince)
    let wait = spool.config.verdictWait
    decisionWaits.note(since + wait, for: task.name, atMost: wait, turn)
    guard decisionWaits.hasCome(since + wait, for: task.name, at: turn.now) else { return }
    end(
      task,
      "the dataset \(lacking) lacks files, and nobody said within \(Units.text(wait)) what to do",
      turn)
  }

  /// Makes a job's file, and hands it to ``ReadyFeeder``. If the file is impossible, the job fails
  /// as `refused`.
  private func makeFile(
    _ id: JobID, _ task: TaskEntry, _ job: JobEntry, _ inputs: [InputFile], isNew: Bool,
    _ turn: Turn
  ) {
    turn.placement.put(.queued, id, attempt: job.attempt)
    do throws(RequestError) {
      let builder = JobBuilder(task: task, spool)
      let document = try builder.document(id.index, job, inputs)
      if isNew {
        try paths.reserve(
          document.outputs, for: id, firstInput: inputs.first?.path, spool.layout, turn.state)
      }
      let contents = document.fileContents
      guard contents.count <= Limits.jobFile / 2 else {
        throw RequestError(
          "its file would have \(contents.count) bytes, and \(Limits.jobFile / 2) may be: shorten its "
            + "command and environment, or use fewer files per job")
      }
      ready.enqueue(builder.name(id.index, job), task.spec, contents)
    } catch {
      refuse(id, job, "\(error)", inputs.first?.path, turn)
    }
  }

  /// Fails a job whose file cannot be made.
  private func refuse(
    _ id: JobID, _ job: JobEntry, _ reason: String, _ input: String?, _ turn: Turn
  ) {
    turn.record(
      .failed(
        AttemptFailed(
          job: id, attempt: job.attempt, cause: .refused, reason: reason, at: turn.date,
          parts: [], input: input)))
    turn.placement.forget(id)
  }

  // MARK: The end of a task

  /// Returns true if no further job of a task will come into work.
  func isExhausted(_ task: TaskEntry, _ turn: Turn) -> Bool {
    task.revival == nil && (task.isRepair || isFormed(task, turn))
  }

  /// Returns true if a task that has ended has jobs that could be tried again. A cancelled task
  /// counts as given up.
  func mayBeRetried(_ task: TaskEntry, _ turn: Turn) -> Bool {
    guard task.state != .cancelled else { return false }
    return task.failed > 0 || !task.leftover.isEmpty
      || (task.state == .failed && !isFormed(task, turn))
  }

  /// Returns true if all jobs of a task were formed.
  func isFormed(_ task: TaskEntry, _ turn: Turn) -> Bool {
    switch task.spec.input {
    case .count(let count): return task.next[0] >= count
    case .values(let values): return task.next[0] >= values.count
    case .files(let files): return task.next[0] >= files.count
    case .datasets(let names):
      if incompleteInput(of: task, turn) != nil { return false }
      return names.indices.allSatisfy { index in
        guard let dataset = turn.state.datasets[names[index]], dataset.state != .open else {
          return false
        }
        return dataset.files == 0 || task.next[index] >= dataset.length
      }
    }
  }
}

extension AttemptFailed {
  /// Makes the record of a final failure that no pilot reported.
  init(
    job: JobID, attempt: Int, cause: Cause, reason: String, at: Timestamp, parts: [String],
    input: String?
  ) {
    self.init(
      job: job, attempt: attempt, cause: cause, result: nil, pilot: nil, reason: reason, at: at,
      retryAt: nil, memory: nil, parts: parts, input: input)
  }
}
