internal import SpoolModel
internal import SpoolStore

/// Forms jobs from datasets, no more than pilots can use, and issues further attempts. What it
/// decides goes into the books; `JobExecutor` puts it into ready once it is committed.
final class TaskExecutor {
  private let books: Books
  private let reader: InputReader
  private let jobs: JobExecutor
  /// Jobs whose next attempt waits for its time, soonest first.
  private var retries: [(due: Int, job: JobID)] = []
  /// Which job writes which path, by hash: tells early what publication would find late.
  private var writers: [UInt64: JobID] = [:]
  /// The failed jobs that are to be tried again, by task.
  private var failures: [Name: FailedJobs] = [:]
  private let marks: WaterMarks

  static let mostPerTurn = 2000
  /// Milliseconds until an attempt that could not be issued is tried again.
  static let issueAgain = 1000

  init(_ books: Books, jobs: JobExecutor, marks: WaterMarks) {
    self.books = books
    self.marks = marks
    self.jobs = jobs
    reader = InputReader(spool: books.spool, state: books.state)
  }

  /// Remembers when a failed job is due.
  func schedule(_ job: JobID, at due: Int) {
    var low = 0
    var high = retries.count
    while low < high {
      let middle = (low + high) / 2
      if retries[middle].due <= due { low = middle + 1 } else { high = middle }
    }
    retries.insert((due, job), at: low)
  }

  /// After a restart: what the journal says is waiting.
  func resume() {
    for task in books.state.liveTasks { scheduleWaiting(task) }
  }

  /// What waits in a task is due at its time.
  func scheduleWaiting(_ task: TaskEntry) {
    for (index, job) in task.jobs.sorted(by: { $0.key < $1.key }) {
      guard case .waiting(let due) = job.phase else { continue }
      schedule(JobID(task: task.name, index: index), at: due)
    }
  }

  /// When the next retry is to be issued, in epoch milliseconds: one for which there is no room is
  /// looked at again a little later.
  var nextDue: Int? {
    guard let due = retries.first?.due else { return nil }
    return hasCrowd ? max(due, books.time.epoch + 200) : due
  }
  private var hasCrowd = false

  /// One turn's work. Returns whether anything was formed or issued.
  func run() -> Bool {
    var hasWorked = issueRetries()
    for task in books.state.liveTasks where !marks.holdsBack(task) {
      do throws(FileError) {
        if try revive(task) { hasWorked = true }
        if try form(task) { hasWorked = true }
      } catch {
        // One catalogue that cannot be read holds no other task up.
        books.troubles.note(error, task.name.text)
      }
    }
    return hasWorked
  }

  /// A task has ended: what its jobs write is no concern any more.
  func forget(_ tasks: Set<Name>) {
    writers = writers.filter { !tasks.contains($0.value.task) }
    for name in tasks { failures[name] = nil }
  }

  // MARK: Further attempts

  private func issueRetries() -> Bool {
    let now = books.time.epoch
    var issued = 0
    var kept: [(due: Int, job: JobID)] = []
    var taken = 0
    let due = retries.prefix { $0.due <= now }
    for entry in due where issued < Self.mostPerTurn {
      taken += 1
      // What a held task has is scheduled anew when it is released.
      guard let task = books.state.tasks[entry.job.task], task.state != .held,
        let job = books.state.job(entry.job), case .waiting(let until) = job.phase, until <= now
      else { continue }
      guard jobs.room(for: task) > 0, !marks.holdsBack(task) else {
        kept.append(entry)
        continue
      }
      issue(entry.job, task, attempt: job.attempt + 1)
      issued += 1
    }
    // What could not be looked up was put off, behind those that were due.
    retries.replaceSubrange(0..<taken, with: kept)
    hasCrowd = !kept.isEmpty
    return issued > 0
  }

  /// Records a further attempt, and has it put into ready. Where its inputs cannot be looked up
  /// now, it is due a little later.
  func issue(_ id: JobID, _ task: TaskEntry, attempt: Int) {
    guard let job = task.jobs[id.index] else { return }
    let inputs: [InputFile]
    do throws(FileError) {
      inputs = try reader.inputs(task, job)
    } catch {
      books.troubles.note(error, "attempt \(attempt) of \(id)")
      let due = books.time.epoch + Self.issueAgain
      books.state.setPhase(.waiting(until: due), of: id)
      return schedule(id, at: due)
    }
    books.record(.attempt(id, attempt: attempt))
    guard let job = task.jobs[id.index] else { return }
    prepare(id, task, job, inputs, isNew: false)
  }

  /// The parts that an attempt by a pilot may have begun, where its own file cannot tell them.
  func parts(of id: JobID, by pilot: PilotName?) -> [String] {
    guard let pilot, let task = books.state.tasks[id.task], let job = task.jobs[id.index],
      let inputs = try? reader.inputs(task, job),
      let document = try? JobFormer(task: task, books.spool).document(
        id.index, job, inputs)
    else { return [] }
    return document.outputs.map { $0.part(attempt: job.attempt, pilot: pilot) }
  }

  /// Takes failed jobs back into work, as many as there is room for.
  private func revive(_ task: TaskEntry) throws(FileError) -> Bool {
    guard let revival = task.revival, task.state != .held else { return false }
    let failed = failures[task.name] ?? FailedJobs(books.spool, task.name, revival)
    failures[task.name] = failed
    guard try failed.find(among: task.failedJobs) else { return true }
    let room = min(jobs.room(for: task), Self.mostPerTurn)
    let found = try failed.next(room)
    guard !found.isEmpty || failed.rest == nil else { return false }
    let now = books.time.epoch
    books.record(
      .revived(JobsRevived(task: task.name, jobs: found, at: now, next: failed.rest)))
    for job in found { schedule(JobID(task: task.name, index: job.index), at: now) }
    if failed.rest == nil { failures[task.name] = nil }
    return true
  }

  /// The first file that a job reads, if it is known.
  func firstInput(of id: JobID) -> String? {
    guard let task = books.state.tasks[id.task], let job = task.jobs[id.index] else { return nil }
    return (try? reader.inputs(task, job))?.first?.path
  }

  // MARK: New jobs

  private func form(_ task: TaskEntry) throws(FileError) -> Bool {
    guard !task.isRepair, isReady(task) else { return false }
    if case .datasets(let names) = task.spec.input, task.spec.filesPerJob == .all {
      return try formOverAll(task, names)
    }
    var hasFormed = false
    for source in task.next.indices {
      let room = min(jobs.room(for: task), Self.mostPerTurn)
      guard room > 0 else { break }
      if try form(task, source, room) { hasFormed = true }
    }
    return hasFormed
  }

  /// Whether all its datasets are there. If not it waits, but not for ever (R10).
  private func isReady(_ task: TaskEntry) -> Bool {
    guard task.state == .active || task.state == .waiting else { return false }
    guard case .datasets(let names) = task.spec.input else { return true }
    task.missing = names.first { books.state.datasets[$0] == nil }
    task.state = task.missing == nil ? .active : .waiting
    guard let missing = task.missing else { return true }
    let deadline = task.waitsSince + books.spool.config.datasetWait.milliseconds
    if books.time.epoch >= deadline {
      let waited = Units.text(milliseconds: books.spool.config.datasetWait.milliseconds)
      books.record(
        .ended(
          task: task.name, state: .failed, at: books.time.epoch,
          reason: "the dataset \(missing) did not come within \(waited)"))
    }
    return false
  }

  private func form(
    _ task: TaskEntry, _ source: Int, _ room: Int
  ) throws(FileError) -> Bool {
    let most = min(room, Limits.jobsPerTask - task.formed)
    let groups = try reader.groups(task, source: source, from: task.next[source], limit: most)
    guard let last = groups.last else { return false }
    let first = task.formed
    books.record(
      .formed(
        JobsFormed(
          task: task.name, first: first, source: source, offsets: groups.map(\.offset),
          files: groups.map(\.count), next: last.next)))
    for (index, group) in groups.enumerated() {
      let id = JobID(task: task.name, index: first + index)
      guard let job = task.jobs[id.index] else { continue }
      prepare(id, task, job, group.inputs, isNew: true)
    }
    return true
  }

  /// One job over everything, once everything is there.
  private func formOverAll(_ task: TaskEntry, _ names: [Name]) throws(FileError) -> Bool {
    task.lacking = lacking(task)
    if task.lacking != nil { task.state = .waiting }
    let datasets = names.compactMap { books.state.datasets[$0] }
    guard task.formed == 0, datasets.allSatisfy(\.isWhole) else { return false }
    guard task.lacking == nil else {
      endUnjudged(task)
      return false
    }
    let inputs = try reader.everything(names)
    guard !inputs.isEmpty else { return false }
    books.record(
      .formed(
        JobsFormed(
          task: task.name, first: 0, source: JobEntry.all, offsets: [0], files: [inputs.count],
          next: Int.max)))
    guard let job = task.jobs[0] else { return false }
    prepare(JobID(task: task.name, index: 0), task, job, inputs, isNew: true)
    return true
  }

  /// The dataset for which a job over everything waits, until somebody says what is to become of what
  /// it lacks: to try it again, or to go on without it.
  private func lacking(_ task: TaskEntry) -> Name? {
    guard case .datasets(let names) = task.spec.input, task.spec.filesPerJob == .all,
      task.formed == 0, !task.spec.allowsIncomplete
    else { return nil }
    return names.first { books.state.datasets[$0]?.state == .incomplete }
  }

  /// Nobody said anything for too long (R10).
  private func endUnjudged(_ task: TaskEntry) {
    guard let lacking = task.lacking, let dataset = books.state.datasets[lacking] else { return }
    let ends = dataset.producers.compactMap { books.state.tasks[$0]?.ended }
    let since = max(ends.max() ?? 0, task.waitsSince)
    let patience = books.spool.config.verdictWait.milliseconds
    guard books.time.epoch - since >= patience else { return }
    books.record(
      .ended(
        task: task.name, state: .failed, at: books.time.epoch,
        reason: "the dataset \(lacking) lacks files, and nobody said within "
          + "\(Units.text(milliseconds: patience)) what to do"))
  }

  private func prepare(
    _ id: JobID, _ task: TaskEntry, _ job: JobEntry, _ inputs: [InputFile], isNew: Bool
  ) {
    do throws(RequestError) {
      let former = JobFormer(task: task, books.spool)
      let document = try former.document(id.index, job, inputs)
      if isNew { try reserve(document.outputs, for: id, task, inputs) }
      let contents = document.fileContents
      guard contents.count <= Limits.jobFile / 2 else {
        throw RequestError(
          "its file would have \(contents.count) bytes, and \(Limits.jobFile / 2) may be: shorten its "
            + "command and environment, or use fewer files per job")
      }
      jobs.enqueue(former.name(id.index, job), task.spec, contents)
    } catch {
      refuse(id, job, "\(error)", inputs.first?.path)
    }
  }

  private func refuse(_ id: JobID, _ job: JobEntry, _ reason: String, _ input: String?) {
    books.record(
      .failed(
        AttemptFailed(
          job: id, attempt: job.attempt, cause: .refused, reason: reason, at: books.time.epoch,
          parts: [], input: input)))
  }

  /// Two jobs with one output path are refused, naming both. The table is of this watcher's
  /// lifetime; what it does not know, publication finds (R3).
  private func reserve(
    _ outputs: [JobOutput], for id: JobID, _ task: TaskEntry, _ inputs: [InputFile]
  ) throws(RequestError) {
    for output in outputs {
      // A value may lead there.
      guard !books.spool.layout.isPrivate(output.path) else {
        throw RequestError("its output \(output.path) is inside the spool")
      }
      let hash = PathSet.hash(output.path)
      // What a task that has ended left there, publication finds.
      if let other = writers[hash], other != id,
        books.state.tasks[other.task]?.state.hasEnded == false
      {
        let from = inputs.first.map { " (from \($0.path))" } ?? ""
        throw RequestError("its output \(output.path)\(from) is also written by \(other)")
      }
      writers[hash] = id
    }
  }

  /// Whether nothing of a task is to come into work any more.
  func isExhausted(_ task: TaskEntry) -> Bool {
    task.revival == nil && (task.isRepair || isFormed(task))
  }

  /// Whether a task that has ended has jobs that could be tried again. One that was cancelled is given
  /// up.
  func mayBeRetried(_ task: TaskEntry) -> Bool {
    guard task.state != .cancelled else { return false }
    return task.failed > 0 || !task.leftover.isEmpty || (task.state == .failed && !isFormed(task))
  }

  /// Whether all jobs that a task has were formed.
  func isFormed(_ task: TaskEntry) -> Bool {
    switch task.spec.input {
    case .count(let count): return task.next[0] >= count
    case .values(let values): return task.next[0] >= values.count
    case .files(let files): return task.next[0] >= files.count
    case .datasets(let names):
      if lacking(task) != nil { return false }
      return names.indices.allSatisfy { index in
        guard let dataset = books.state.datasets[names[index]], dataset.state != .open else {
          return false
        }
        return dataset.files == 0 || task.next[index] >= dataset.length
      }
    }
  }
}

extension AttemptFailed {
  /// A failure that no pilot reported.
  init(
    job: JobID, attempt: Int, cause: Cause, reason: String, at: Int, parts: [String],
    input: String?
  ) {
    self.init(
      job: job, attempt: attempt, cause: cause, result: nil, pilot: nil, reason: reason, at: at,
      retryAt: nil, memory: nil, parts: parts, input: input)
  }
}
