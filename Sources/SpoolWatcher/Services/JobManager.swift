internal import SpoolModel
internal import SpoolStore

/// Reads what pilots hand in, and decides: accepted, to be tried again, failed for good, or nothing
/// that counts. Each job is judged once (R6).
final class JobManager {
  private let books: Books
  private let publisher: Publisher
  private let executor: TaskExecutor
  private let jobs: JobExecutor
  private let suspicion: Suspicion
  /// Files of an inbox that are decided on, and wait for the commit to be cleared away.
  private var settled: [InboxName] = []
  /// Those of them that do not count: removed, not kept with the task's.
  private var discarded: Set<InboxName> = []
  private var known: Set<InboxName> = []
  /// Results that seem incomplete, and since when: on a network mount that may be a cache (R9).
  private var incomplete: [InboxName: Int] = [:]
  /// How many job files of each task are kept, by outcome.
  private var kept: [Name: [Bool: Int]] = [:]

  /// How long a result that seems incomplete is read again, in milliseconds.
  static let patience = 5000
  private var refusals = Refusals<InboxName>()

  static let mostPerTurn = 2000
  /// Whether the last look ended with more to read.
  private(set) var hasMore = false

  init(
    _ books: Books, publisher: Publisher, executor: TaskExecutor, jobs: JobExecutor,
    suspicion: Suspicion
  ) {
    self.books = books
    self.suspicion = suspicion
    self.jobs = jobs
    self.publisher = publisher
    self.executor = executor
  }

  /// Looks into both inboxes. Returns how many results were decided on.
  func readInboxes(fresh: Bool) throws -> Int {
    var count = 0
    defer { hasMore = count >= Self.mostPerTurn }
    for failed in [false, true] {
      for name in try books.spool.inbox(failed: failed, fresh: fresh)
      where !known.contains(name) && count < Self.mostPerTurn {
        if try attempt(name) { count += 1 }
      }
    }
    return count
  }

  /// Decides on one file. What the filesystem refuses for this one holds no other up: it is looked
  /// at again with the next look, but not for ever (R10).
  private func attempt(_ name: InboxName) throws -> Bool {
    do {
      let hasDecided = try judge(name)
      refusals.forget(name)
      return hasDecided
    } catch let error as FileError {
      guard refusals.note(name, of: name.job.job, error, books) else { return false }
      failUnread(name, .staging, "\(error)")
      return true
    }
  }

  /// Decides on one file. False where it cannot be read now.
  private func judge(_ name: InboxName) throws -> Bool {
    jobs.noteResult(name.job)
    switch try books.spool.read(name) {
    case .gone: return false
    case .unreadable(let why):
      failUnread(name, .torn, "the job's file cannot be read: \(why)")
    case .file(let file):
      guard isCurrent(name), file.document.job == name.job.job,
        file.document.incarnation == books.state.tasks[name.job.job.task]?.accepted.incarnation
      else {
        try discard(name, file)
        return true
      }
      guard let cause = name.cause else { return try done(name, file) }
      failed(name, file, cause)
    }
    return true
  }

  /// A file that cannot be read: of a job that is not at this attempt, or of no task, it does not
  /// count, and is not kept.
  private func failUnread(_ name: InboxName, _ cause: Cause, _ reason: String) {
    if isCurrent(name) {
      fail(
        name, cause, result: nil, reason,
        parts: executor.parts(of: name.job.job, by: name.pilot))
    } else {
      discarded.insert(name)
    }
    settle(name)
  }

  /// Whether a file is of the attempt that the job is at, and not judged yet.
  private func isCurrent(_ name: InboxName) -> Bool {
    guard let job = books.state.job(name.job.job), job.attempt == name.job.attempt else {
      return false
    }
    switch job.phase {
    case .pending, .ready, .claimed, .unknown: return true
    case .waiting, .publishing: return false
    }
  }

  private func isPatient(_ name: InboxName) -> Bool {
    let since = incomplete[name] ?? books.time.now
    incomplete[name] = since
    return books.time.now - since < Self.patience
  }

  private func settle(_ name: InboxName) {
    known.insert(name)
    incomplete[name] = nil
    settled.append(name)
  }

  // MARK: Verdicts

  /// False where the result seems incomplete, and is to be read again.
  private func done(_ name: InboxName, _ file: JobFile) throws -> Bool {
    guard let result = file.result, result.cause == nil, result.pilot == name.pilot else {
      if isPatient(name) { return false }
      fail(
        name, .torn, result: nil, "the result in the job's file is torn",
        parts: parts(name, file))
      settle(name)
      return true
    }
    if let (cause, reason) = try obstacle(name, file, result) {
      if cause == .staging, isPatient(name) { return false }
      fail(name, cause, result: result, reason, parts: result.outputs.map(\.partPath))
      settle(name)
      return true
    }
    books.record(
      .accepted(
        ResultAccepted(
          job: name.job.job, attempt: name.job.attempt, result: result,
          parents: result.outputs.isEmpty
            ? [] : Array(file.document.inputs.prefix(100).map(\.path)))))
    suspicion.succeeded(name.job.job, on: name.pilot)
    if result.outputs.isEmpty {
      settle(name)
    } else {
      known.insert(name)
      publisher.add(name.job.job, from: name)
    }
    return true
  }

  /// What stands against accepting a result (R3).
  private func obstacle(
    _ name: InboxName, _ file: JobFile, _ result: JobResult
  ) throws(FileError) -> (Cause, String)? {
    var numbers: Set<Int> = []
    for output in result.outputs {
      guard let spec = books.state.tasks[name.job.job.task]?.spec.output(output.number),
        numbers.insert(output.number).inserted, isOwn(output, name, file)
      else { return (.torn, "the result names an output that is not the job's") }
      switch try books.spool.check(output, overwrites: spec.overwrites) {
      case .good: continue
      case .bad(let why): return (.staging, why)
      case .exists(let path): return (.exists, "output exists: \(path) is not this task's")
      }
    }
    let missing = file.document.outputs.enumerated().first { number, output in
      !output.isOptional && !result.outputs.contains { $0.number == number }
    }
    return missing.map { (.torn, "the result lacks the output \($0.element.path)") }
  }

  /// Whether a result's output is the one that the job was to write, staged by that pilot.
  private func isOwn(_ output: StagedOutput, _ name: InboxName, _ file: JobFile) -> Bool {
    guard file.document.outputs.indices.contains(output.number), let pilot = name.pilot else {
      return false
    }
    let own = file.document.outputs[output.number]
    return own.path == output.path
      && own.part(attempt: name.job.attempt, pilot: pilot) == output.partPath
  }

  private func failed(_ name: InboxName, _ file: JobFile, _ cause: Cause) {
    let result = file.result?.cause == cause ? file.result : nil
    let mayHaveParts = result == nil
    fail(
      name, cause, result: result, result?.reason ?? Self.words(cause),
      parts: mayHaveParts ? parts(name, file) : [])
    settle(name)
  }

  private static func words(_ cause: Cause) -> String {
    switch cause {
    case .lost: "its pilot died"
    case .cancelled: "cancelled"
    default: "no result was written"
    }
  }

  /// The parts that an attempt may have begun.
  private func parts(_ name: InboxName, _ file: JobFile) -> [String] {
    guard let pilot = name.pilot else { return [] }
    return file.document.outputs.map { $0.part(attempt: name.job.attempt, pilot: pilot) }
  }

  /// Records a failure, with the next attempt if the budget allows one.
  private func fail(
    _ name: InboxName, _ cause: Cause, result: JobResult?, _ reason: String, parts: [String]
  ) {
    let id = name.job.job
    guard let task = books.state.tasks[id.task], let job = books.state.job(id) else { return }
    let now = books.time.epoch
    let rule = RetryRule(policy: task.spec.retry, config: books.spool.config)
    let due = rule.due(cause, job, at: now)
    let isNamed = due == nil && task.failedFiles.count < TaskPage.mostFailed
    books.record(
      .failed(
        AttemptFailed(
          job: id, attempt: name.job.attempt, cause: cause, result: result, pilot: name.pilot,
          reason: reason, at: now, retryAt: due,
          memory: rule.memory(cause, job.memory ?? task.spec.resources.memory), parts: parts,
          input: isNamed ? executor.firstInput(of: id) : nil)))
    suspicion.failed(id, on: name.pilot, cause, isLast: due == nil)
    if let due { executor.schedule(id, at: due) }
  }

  /// A failure that was found elsewhere: a publication that could not be, a job that vanished.
  func fail(_ id: JobID, _ cause: Cause, _ reason: String) {
    guard let task = books.state.tasks[id.task], let job = books.state.job(id) else { return }
    if case .waiting = job.phase { return }
    let name = JobFormer(task: task, books.spool).name(id.index, job)
    var parts: [String] = []
    if case .publishing(let result) = job.phase { parts = result.outputs.map(\.partPath) }
    fail(InboxName(job: name, pilot: nil, cause: cause), cause, result: nil, reason, parts: parts)
  }

  /// What does not count: an older attempt, a job that is judged, another task of the name. Its
  /// parts go, after a grace period.
  private func discard(_ name: InboxName, _ file: JobFile) throws {
    let isPublishing: Bool
    if case .publishing? = books.state.job(name.job.job)?.phase,
      books.state.job(name.job.job)?.attempt == name.job.attempt
    {
      isPublishing = true
    } else {
      isPublishing = false
    }
    if isPublishing {
      known.insert(name)
      publisher.add(name.job.job, from: name)
      return
    }
    // Where a claim was taken, its payload may yet begin a part.
    let mayCome = name.cause == .cancelled || name.cause == .lost
    let left = try parts(name, file).filter { part in
      try mayCome || books.spool.files.attributesIfPresent(part) != nil
    }
    if !left.isEmpty { books.record(.discarded(left, at: books.time.epoch)) }
    discarded.insert(name)
    settle(name)
  }

  // MARK: After the commit

  /// Whether files are to be cleared away.
  var hasSettled: Bool { !settled.isEmpty }

  /// Clears away what is settled: the file goes to its task's directory, or is removed.
  func clear() throws(FileError) {
    while let name = settled.last {
      let keep = discarded.contains(name) ? false : try isKept(name)
      try books.spool.register(name, keep: keep)
      // Of a task that is packed, or removed, nothing else is kept there either.
      if let pilot = name.pilot, books.state.tasks[name.job.job.task] == nil {
        try books.spool.discardLog(name.job.job.task, pilot)
      }
      if keep { kept[name.job.job.task]?[name.cause != nil, default: 0] += 1 }
      settled.removeLast()
      known.remove(name)
      discarded.remove(name)
    }
  }

  /// Files of results that came to nothing, as their task ended: to be judged once more.
  func abandoned(_ names: [InboxName]) { known.subtract(names) }

  /// Tasks have ended: none of their files is kept any more.
  func forget(_ tasks: [Name]) { for task in tasks { kept[task] = nil } }

  /// A published job's file may go.
  func published(_ names: [InboxName]) { settled += names }

  private func isKept(_ name: InboxName) throws(FileError) -> Bool {
    guard let task = books.state.tasks[name.job.job.task] else { return false }
    let isFailure = name.cause != nil
    if let count = kept[task.name]?[isFailure] { return count < books.spool.config.keepJobFiles }
    let count = try books.spool.registered(task.name, failed: isFailure)
    kept[task.name, default: [:]][isFailure] = count
    return count < books.spool.config.keepJobFiles
  }
}
