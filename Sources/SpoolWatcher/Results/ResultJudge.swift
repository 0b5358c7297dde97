internal import SpoolModel
internal import SpoolStore

/// Judges the results that pilots hand in. In come the files of the inboxes; out goes a record for
/// each: accepted, failed (with the next attempt, if there is one), or discarded. Each job is
/// judged once (R6).
final class ResultJudge: Stage {
  private let spool: Spool
  private let publisher: Publisher
  private let reader: InputReader
  private let ready: ReadyFeeder
  private let order: FeedOrder
  private let detector: BadPilotDetector
  private let clearing: InboxClearing
  /// Results that seem incomplete, with the time of the first look. On a network mount a cache may
  /// cause this (R9).
  private var incomplete: [InboxName: Instant] = [:]
  private var patience = ErrorPatience<InboxName>()
  /// Files that the last look could not decide on. The next look reads them after the others.
  private var undecided: Set<InboxName> = []

  /// The time for which a result that seems incomplete is read again (R9).
  static let cacheTime = Duration.seconds(5)
  /// The largest number of files that are judged in a turn.
  static let mostPerTurn = 3000
  /// The number of files that are read together, at first, and at most. All of their contents are in
  /// memory.
  static let together = (first: 128, most: 512)
  /// The number of inputs in the files of a batch from which on the next batch is not larger: their
  /// contents are long.
  static let manyInputs = 20_000
  /// True if the last look left files for the next turn.
  private(set) var hasMore = false

  init(
    _ spool: Spool, publisher: Publisher, ready: ReadyFeeder, order: FeedOrder,
    detector: BadPilotDetector, clearing: InboxClearing
  ) {
    self.order = order
    self.spool = spool
    self.publisher = publisher
    reader = InputReader(spool: spool)
    self.ready = ready
    self.detector = detector
    self.clearing = clearing
  }

  func nextDue(_ turn: Turn) -> Instant? { hasMore ? .distantPast : nil }

  /// Judges the files of both inboxes. Returns the number of files decided on.
  func readInboxes(fresh: Bool, _ turn: Turn) throws -> Int {
    // What is judged faster than it is cleared away would be kept in memory.
    hasMore = clearing.count >= Self.mostPerTurn || publisher.isBehind
    guard !hasMore else { return 0 }
    var names: [InboxName] = []
    for failed in [false, true] {
      names += try spool.inbox(failed: failed, fresh: fresh).filter {
        !clearing.isKnown($0) && !isOfCancelled($0, turn)
      }
    }
    names.sort { $0.jobName.priority < $1.jobName.priority }
    if !undecided.isEmpty {
      names = names.filter { !undecided.contains($0) } + names.filter(undecided.contains)
      undecided = []
    }
    return try judge(names, turn)
  }

  /// Returns true if a file is of a task that is cancelled and has not ended, because its accepted
  /// results are being published. What is accepted now would put off its end.
  private func isOfCancelled(_ name: InboxName, _ turn: Turn) -> Bool {
    guard let task = turn.state.tasks[name.job.task] else { return false }
    return task.cancelledBy != nil && !task.state.hasEnded
  }

  /// Judges files, as many as a turn allows. Returns the number of those decided on.
  private func judge(_ names: [InboxName], _ turn: Turn) throws -> Int {
    let budget = turn.budget()
    let spool = spool
    var count = 0
    var rest = names[...]
    var together = Self.together.first
    while !rest.isEmpty, count < Self.mostPerTurn {
      let batch = Array(rest.prefix(together))
      let files = spool.each(batch, until: { _ in budget.isOver }) { name in
        Result { () throws(FileError) in try spool.read(name) }
      }
      rest = rest.dropFirst(files.count)
      let inputs = files.reduce(0) { $0 + Self.inputs($1) }
      together =
        inputs < Self.manyInputs ? min(2 * together, Self.together.most) : Self.together.first
      for (name, file) in zip(batch, files) {
        if try judgeIfReadable(name, file, turn) { count += 1 } else { undecided.insert(name) }
      }
      if budget.isOver { break }
    }
    hasMore = !rest.isEmpty
    return count
  }

  private static func inputs(_ file: Result<Spool.InboxFile, FileError>) -> Int {
    guard case .success(.file(let file)) = file else { return 0 }
    return file.document.inputs.count
  }

  /// Judges a file. Returns true if the file is decided on. If the filesystem refuses it, no other
  /// file is held up: the next look tries again, but not for ever (R10).
  private func judgeIfReadable(
    _ name: InboxName, _ file: Result<Spool.InboxFile, FileError>, _ turn: Turn
  ) throws -> Bool {
    ready.noteResult(name.jobName, turn)
    do {
      let hasDecided = try judge(name, try file.get(), turn)
      patience.noteSuccess(name)
      return hasDecided
    } catch let error as FileError {
      guard patience.note(name, of: name.job, error, spool.config, turn) else { return false }
      failUnread(name, .staging, "\(error)", turn)
      return true
    }
  }

  /// Judges a file. Returns false if it is gone, or is to be read again later.
  private func judge(_ name: InboxName, _ file: Spool.InboxFile, _ turn: Turn) throws -> Bool {
    switch file {
    case .gone: return false
    case .unreadable(let why):
      failUnread(name, .torn, "the job's file cannot be read: \(why)", turn)
    case .file(let file):
      let id = file.document.job
      guard id == name.job, file.document.attempt == name.attempt else {
        // The parts that it names are another attempt's, which may be writing them.
        failUnread(
          name, .torn, "the job's file is that of \(id), attempt \(file.document.attempt)", turn)
        return true
      }
      guard isCurrent(name, turn),
        file.document.incarnation == turn.state.tasks[id.task]?.accepted.incarnation
      else {
        try discard(name, file, turn)
        return true
      }
      guard let cause = name.cause else { return try judgeSuccess(name, file, turn) }
      if cause == .unfinished { return try judgeUnfinished(name, file, turn) }
      try judgeFailure(name, file, cause, turn)
    }
    return true
  }

  /// Decides on a file that cannot be read. If it is of its job's present attempt, the attempt
  /// fails. Otherwise the file does not count, and is not kept.
  private func failUnread(_ name: InboxName, _ cause: Cause, _ reason: String, _ turn: Turn) {
    if isCurrent(name, turn) {
      recordFailure(name, cause, result: nil, reason, parts: parts(name, turn), turn)
      settle(name)
    } else {
      settle(name, isDiscarded: true)
    }
  }

  /// Returns true if a file is of its job's present attempt, and that attempt is not judged yet.
  private func isCurrent(_ name: InboxName, _ turn: Turn) -> Bool {
    guard let job = turn.state.job(name.job), job.attempt == name.attempt else { return false }
    switch turn.placement.whereabouts(of: name.job, job) {
    case .issued(.parked), .waiting, .publishing: return false
    case .issued: return true
    }
  }

  /// Notes that a result seems incomplete. Returns true if it is to be read again.
  private func postponeIncomplete(_ name: InboxName, _ turn: Turn) -> Bool {
    let since = incomplete[name] ?? turn.now
    incomplete[name] = since
    return turn.now - since < Self.cacheTime
  }

  private func settle(_ name: InboxName, isDiscarded: Bool = false) {
    incomplete[name] = nil
    clearing.settle(name, isDiscarded: isDiscarded)
  }

  // MARK: Verdicts

  /// Judges a file from `done/`. Returns false if the result seems incomplete, and is to be read
  /// again.
  private func judgeSuccess(_ name: InboxName, _ file: JobFile, _ turn: Turn) throws -> Bool {
    guard let result = file.result, result.cause == nil, result.pilot == name.pilot else {
      if postponeIncomplete(name, turn) { return false }
      recordFailure(
        name, .torn, result: nil, "the result in the job's file is torn",
        parts: parts(name, file), turn)
      settle(name)
      return true
    }
    if let (cause, reason) = try obstacle(name, file, result, turn) {
      if cause == .staging, postponeIncomplete(name, turn) { return false }
      recordFailure(
        name, cause, result: result, reason, parts: result.remains, turn)
      settle(name)
      return true
    }
    turn.record(
      .accepted(
        ResultAccepted(
          job: name.job, attempt: name.attempt, result: result,
          parents: result.outputs.isEmpty
            ? [] : reader.parents(file.document))))
    order.settle(name.job, ran: Self.runTime(result), turn)
    detector.succeeded(name.job, on: name.pilot, turn)
    if result.outputs.isEmpty {
      turn.placement.remove(name.job)
      settle(name)
    } else {
      clearing.hold(name)
      publisher.add(name.job, from: name)
    }
    return true
  }

  /// Returns the obstacle to accepting a result, if there is one (R3).
  private func obstacle(
    _ name: InboxName, _ file: JobFile, _ result: JobResult, _ turn: Turn
  ) throws(FileError) -> (Cause, String)? {
    var paths: Set<String> = []
    let former = turn.state.job(name.job)?.former ?? []
    for output in result.outputs {
      guard let spec = turn.state.tasks[name.job.task]?.spec.output(output.number),
        paths.insert(output.path).inserted, isOwn(output, name, file)
      else { return (.torn, "the result names an output that is not the job's") }
      let old = former.first { $0.path == output.path }
      switch try spool.check(output, overwrites: spec.overwrites, former: old) {
      case .good: continue
      case .bad(let why): return (.staging, why)
      case .exists(let path):
        return (.exists, Spool.words(existing: path, overwrites: spec.overwrites))
      }
    }
    let wrong = file.document.outputs.enumerated().first { number, output in
      !output.allows(result.outputs.count { $0.number == number })
    }
    return wrong.map { number, output in
      let count = result.outputs.count { $0.number == number }
      return (
        .torn,
        count == 0
          ? "the result lacks the output \(output.path)"
          : "the result has \(count) files for the output \(output.path)"
      )
    }
  }

  /// Returns true if a result's output is one that its job was to write, staged by the pilot that
  /// had the job.
  private func isOwn(_ output: StagedOutput, _ name: InboxName, _ file: JobFile) -> Bool {
    guard file.document.outputs.indices.contains(output.number), let pilot = name.pilot else {
      return false
    }
    return file.document.outputs[output.number].isStaged(
      output, of: name.job, attempt: name.attempt, pilot: pilot)
  }

  /// Judges a file from `failed/`.
  private func judgeFailure(
    _ name: InboxName, _ file: JobFile, _ cause: Cause, _ turn: Turn
  ) throws(FileError) {
    let result = file.result?.cause == cause ? file.result : nil
    recordFailure(
      name, judged(cause, name, turn), result: result, result?.reason ?? Self.words(cause),
      parts: try remains(name, file, mayCome: result == nil || Self.mayCome(cause, file)), turn)
    settle(name)
  }

  /// Judges a file of a job that is to go on later. Returns false if the result or its checkpoint seems
  /// incomplete, and is to be read again.
  private func judgeUnfinished(
    _ name: InboxName, _ file: JobFile, _ turn: Turn
  ) throws(FileError) -> Bool {
    let pieces = try remains(name, file, mayCome: false)
    guard let result = file.result, result.cause == .unfinished, result.pilot == name.pilot,
      let kept = result.checkpoint, let pilot = name.pilot, file.document.checkpoint != nil,
      kept.file == KeptCheckpoint.name(name.job, attempt: name.attempt, pilot)
    else {
      if postponeIncomplete(name, turn) { return false }
      recordFailure(
        name, .torn, result: nil, "the result in the job's file is torn", parts: pieces, turn)
      settle(name)
      return true
    }
    let found = try spool.attributes(ofCheckpoint: kept.file, of: name.job.task)
    guard found?.kind == .file, found?.size == kept.size else {
      if postponeIncomplete(name, turn) { return false }
      let path = spool.path(ofCheckpoint: kept.file, of: name.job.task)
      recordFailure(
        name, .staging, result: result, "the checkpoint \(path) is gone, or not of its size",
        parts: pieces, turn)
      settle(name)
      return true
    }
    let own = Spool.place(ofCheckpoint: kept.file, of: name.job.task)
    recordFailure(
      name, .unfinished, result: result, result.reason ?? Self.words(.unfinished),
      parts: pieces.filter { $0 != own }, turn)
    settle(name)
    return true
  }

  /// Returns true if a thread of the pilot may still be at work on the parts of an attempt: its staging
  /// was given up, and what it waits for may end at any time.
  private static func mayCome(_ cause: Cause, _ file: JobFile) -> Bool {
    (cause == .staging || cause == .returned)
      && file.document.outputs.contains(where: \.isMadeByPilot)
  }

  /// Returns the cause as the watcher sees it: a program that may be there on other pilots is a matter
  /// of this node.
  private func judged(_ cause: Cause, _ name: InboxName, _ turn: Turn) -> Cause {
    guard cause == .program, let pilot = name.pilot else { return cause }
    return detector.mayStartElsewhere(name.job, than: pilot, turn) ? .spawn : cause
  }

  /// Returns a reason in words for a failure without a result.
  private static func words(_ cause: Cause) -> String {
    switch cause {
    case .lost: "its pilot died"
    case .cancelled: "cancelled"
    default: "no result was written"
    }
  }

  /// Returns the parts that an attempt may have begun.
  private func parts(_ name: InboxName, _ file: JobFile) -> [String] {
    name.pilot.map { Self.parts(file.document, $0) } ?? []
  }

  /// Returns what an attempt may write: the parts of its outputs, and its checkpoint.
  private static func parts(_ document: JobDocument, _ pilot: PilotName) -> [String] {
    let outputs = document.outputs.map {
      $0.part(of: document.job, attempt: document.attempt, pilot: pilot)
    }
    guard document.checkpoint != nil else { return outputs }
    let kept = KeptCheckpoint.name(document.job, attempt: document.attempt, pilot)
    return outputs
      + [kept, KeptCheckpoint.partName(kept)].map {
        Spool.place(ofCheckpoint: $0, of: document.job.task)
      }
  }

  /// Returns the parts of an attempt that are to be removed: those that are there, as its pilot could
  /// not remove them, or all if they may yet come.
  private func remains(
    _ name: InboxName, _ file: JobFile, mayCome: Bool
  ) throws(FileError) -> [String] {
    var remains: [String] = []
    for part in parts(name, file) {
      let mayBe = mayCome ? true : try spool.isThere(part: part)
      if mayBe { remains.append(part) }
    }
    return remains
  }

  /// Returns the parts that a job's present attempt may have begun, if its file cannot tell them.
  private func parts(_ name: InboxName, _ turn: Turn) -> [String] {
    let id = name.job
    guard let pilot = name.pilot, let task = turn.state.tasks[id.task],
      let job = turn.state.job(id), let inputs = try? reader.inputs(task, job, turn),
      let document = try? JobBuilder(task: task, spool).document(id.index, job, inputs)
    else { return [] }
    return Self.parts(document, pilot)
  }

  /// Returns the path of a job's first input, if it is known.
  private func firstInput(of task: TaskEntry, _ job: JobEntry, _ turn: Turn) -> String? {
    (try? reader.inputs(task, job, turn))?.first
  }

  /// Records a failure, with the next attempt if the budget allows one (R4).
  private func recordFailure(
    _ name: InboxName, _ cause: Cause, result: JobResult?, _ reason: String, parts: [String],
    _ turn: Turn
  ) {
    let id = name.job
    guard let task = turn.state.tasks[id.task], let job = turn.state.job(id) else { return }
    let now = turn.date
    let rule = RetryRule(
      policy: task.spec.retry, config: spool.config, resumes: task.spec.checkpoint?.resumes ?? 0)
    var due = rule.delay(after: cause, job, id.index).map { now + $0 }
    var reason = reason
    if cause == .lost, due == nil { reason = RetryRule.words(lost: job.lost + 1) }
    if cause == .unfinished, due == nil { reason = RetryRule.words(resumed: job.resumes) }
    var memory: Int?
    let limit = job.memory ?? task.spec.resources.memory
    let most = cause == .memory ? mostMemory(name.pilot, task.spec) : nil
    switch rule.memory(after: cause, limit, most: most) {
    case .none: break
    case .to(let bytes): memory = bytes
    case .impossible(let most):
      due = nil
      reason += "; no pilot has more than \(Units.text(bytes: most)) of memory"
    }
    let words = due == nil ? job.words(ofEnd: reason) : reason
    let isNamed = due == nil && task.failedFiles.count < TaskPage.mostFailed
    turn.record(
      .failed(
        AttemptFailed(
          job: id, attempt: name.attempt, cause: cause, result: result, pilot: name.pilot,
          reason: words, at: now, retryAt: due,
          memory: memory, wall: rule.wall(after: cause, job.wall ?? task.spec.resources.wall),
          parts: parts, input: isNamed ? firstInput(of: task, job, turn) : nil)))
    turn.placement.remove(id)
    order.settle(id, ran: result.map(Self.runTime), turn)
    detector.failed(id, on: name.pilot, cause, isLast: due == nil, turn)
  }

  /// Returns the most memory that a pilot has for jobs of a task. The pilot that had the job may be so
  /// new that its heartbeat was not read yet.
  private func mostMemory(_ pilot: PilotName?, _ spec: TaskSpec) -> Int? {
    let own = pilot.flatMap { spool.heartbeat(of: $0)?.memory }
    return [own, detector.mostMemory(for: spec)].compactMap { $0 }.max()
  }

  private static func runTime(_ result: JobResult) -> Double {
    max(.zero, result.ended - result.started).inSeconds
  }

  /// Records a failure that another stage found: a publication that was refused, or a job that
  /// vanished.
  func fail(_ id: JobID, _ cause: Cause, _ reason: String, _ turn: Turn) {
    guard let task = turn.state.tasks[id.task], let job = turn.state.job(id),
      !turn.placement.whereabouts(of: id, job).awaitsAttempt
    else { return }
    let name = JobBuilder(task: task, spool).name(id.index, job)
    var parts: [String] = []
    if case .publishing(let result) = job.phase { parts = result.remains }
    recordFailure(
      InboxName(jobName: name, pilot: nil, cause: cause), cause, result: nil, reason, parts: parts,
      turn)
  }

  /// Discards a file that does not count: it is of an older attempt, of a job that is judged
  /// already, or of another task with the same name. Its parts are removed after the grace period
  /// (R6).
  private func discard(_ name: InboxName, _ file: JobFile, _ turn: Turn) throws {
    if let job = turn.state.job(name.job), job.isPublishing, job.attempt == name.attempt {
      clearing.hold(name)
      publisher.add(name.job, from: name)
      return
    }
    // If a claim was taken from a pilot, its payload may begin a part later.
    let left = try remains(
      name, file, mayCome: name.cause == .cancelled || name.cause == .lost)
    if !left.isEmpty { turn.record(.discarded(left, at: turn.date)) }
    settle(name, isDiscarded: true)
  }
}
