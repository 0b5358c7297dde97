internal import SpoolModel
internal import SpoolStore

/// Changes to jobs: formation, results, failures.
extension SpoolState {
  /// Puts new jobs into work, and moves the beginning of the next job's inputs.
  mutating func apply(_ formed: JobsFormed) throws(Contradiction) {
    try change(task: formed.task) { task throws(Contradiction) in
      guard !task.state.hasEnded else { throw Contradiction("the task \(task.name) has ended") }
      guard formed.first == task.formed else {
        throw Contradiction("\(task.formed) jobs of \(task.name) are formed")
      }
      guard formed.source == JobEntry.all || task.next.indices.contains(formed.source) else {
        throw Contradiction("the task \(task.name) has no source \(formed.source)")
      }
      task.formed = max(task.formed, formed.first + formed.offsets.count)
      for source in task.next.indices where formed.source == source || formed.source == JobEntry.all
      {
        task.next[source] = formed.next
      }
    }
    for (index, offset) in formed.offsets.enumerated() {
      let end = index + 1 < formed.offsets.count ? formed.offsets[index + 1] : formed.next
      var job = JobEntry(
        source: formed.source, offset: offset, files: formed.files[index], end: end)
      if formed.roots[index] != offset { job.root = formed.roots[index] }
      set(job, JobID(task: formed.task, index: formed.first + index))
    }
  }

  /// Takes an accepted result. A result without outputs ends the job; one with outputs waits for
  /// publication (R3).
  mutating func apply(_ accepted: ResultAccepted) throws(Contradiction) {
    guard var job = job(accepted.job) else { throw Contradiction("\(accepted.job) is not in work") }
    guard job.attempt == accepted.attempt, job.phase == .issued else {
      throw Contradiction("\(accepted.job) awaits no result of attempt \(accepted.attempt)")
    }
    if accepted.result.outputs.isEmpty {
      return try finish(accepted.job, job, accepted.attempt, accepted.result, parents: [])
    }
    job.phase = .publishing(accepted.result)
    job.parents = accepted.parents
    set(job, accepted.job)
  }

  /// Counts a job as done, now that its outputs have their final names.
  mutating func publish(_ id: JobID) throws(Contradiction) {
    guard let job = job(id), case .publishing(let result) = job.phase else {
      throw Contradiction("no result of \(id) is accepted")
    }
    try finish(id, job, job.attempt, result, parents: job.parents)
  }

  /// Ends a job with success: adds its sums, its catalogue lines and its ledger line.
  private mutating func finish(
    _ id: JobID, _ job: JobEntry, _ attempt: Int, _ result: JobResult, parents: [String]
  ) throws(Contradiction) {
    let outputs = tasks[id.task]?.spec.outputs ?? []
    if let lost = outputs.map(\.dataset).first(where: { datasets[$0] == nil }) {
      throw Contradiction("there is no dataset \(lost)")
    }
    var isCut = false
    let isPlaced = format == .placed
    let former = job.former ?? []
    let spec = try change(task: id.task) { task in
      task.done += 1
      if isPlaced { task.placed += 1 }
      task.count(result)
      let wasFull = task.sums.isFull
      task.sums.add(result.report, leftOut: result.reportLeftOut.members.map(\.key))
      isCut = task.sums.isFull && !wasFull
      task.outputs += result.outputs.count - former.count
      for output in result.outputs { task.outputBytes += output.size }
      for output in former { task.outputBytes -= output.size }
      return task.spec
    }
    if isCut { effects.events.append(.reportsCut(id.task)) }
    set(nil, id)
    discard(job.checkpoint, of: id.task, at: result.ended)
    consume(id.task, spec, job)
    var last: Int?
    var old = Dictionary(former.map { ($0.path, $0) }) { $1 }
    for output in result.outputs {
      // A thousand lines of one job would say the same.
      let isFurther = last == output.number
      last = output.number
      guard let dataset = spec.output(output.number)?.dataset else { continue }
      let line = CatalogueLine(
        file: output.file, origin: .job(id, attempt: attempt), root: job.ownRoot,
        parents: isFurther ? Array(parents.prefix(1)) : parents,
        report: isFurther ? JSONObject() : result.report)
      if let old = old.removeValue(forKey: output.path) {
        try replace(old, by: line, in: dataset)
      } else {
        try append(line, toCatalogueOf: dataset)
      }
    }
    for output in former where old[output.path] != nil {
      guard let dataset = spec.output(output.number)?.dataset else { continue }
      try replace(output, by: .gone(output, id, attempt), in: dataset)
    }
    try addToLedger(line(id, job, attempt, result), of: id.task)
  }

  /// Returns the line of a success. The position is for an order to try the job again; what it has
  /// made by then stands in the result.
  private func line(
    _ id: JobID, _ job: JobEntry, _ attempt: Int, _ result: JobResult
  ) -> LedgerLine {
    var position = job.position
    position.former = nil
    return LedgerLine(
      job: id, attempt: attempt, outcome: .success(result),
      position: format == .placed ? position : nil)
  }

  /// Adds a line to the list of a dataset's replaced files: what a later attempt of a job made of one of
  /// its files.
  private mutating func replace(
    _ old: FormerOutput, by line: CatalogueLine, in name: Name
  ) throws(Contradiction) {
    let format = format
    let viewLine = try change(dataset: name) { dataset in
      let count = line.isGone ? -1 : 0
      dataset.count(count, bytes: (line.isGone ? 0 : line.file.size ?? 0) - old.size)
      dataset.files += count
      dataset.replaced.gone -= count
      dataset.replaced.lines += 1
      let view = Spool.View.replaced(name)
      let header = dataset.replaced.length == 0 ? Spool.viewHeader(view, format) : []
      let bytes = header + format.encode(line.json)
      defer { dataset.replaced.length += bytes.count }
      return ViewLine(view: view, offset: dataset.replaced.length, bytes: bytes)
    }
    touch(name)
    effects.lines.append(viewLine)
  }

  /// Notes that a job has read its inputs with success. Only datasets with the retention `step`
  /// need this.
  private mutating func consume(_ name: Name, _ spec: TaskSpec, _ job: JobEntry) {
    // Of groups the place in a catalogue is not known: they count when all are done.
    guard case .datasets(let names) = spec.input, spec.groupBy == nil else { return }
    let read = job.source == JobEntry.all ? names : [names[job.source]]
    for dataset in read {
      guard let index = datasets.index(forKey: dataset), datasets.values[index].retention == .step
      else { continue }
      let length = datasets.values[index].length
      let range = job.source == JobEntry.all ? 0..<length : job.offset..<job.end
      datasets.values[index].consumed[name, default: RangeSet()].insert(contentsOf: range)
      use(dataset)
    }
  }

  /// Notes that a job which had read its inputs with success needs them again.
  mutating func unconsume(_ job: JobEntry, of name: Name) {
    guard let spec = tasks[name]?.spec, case .datasets(let names) = spec.input else { return }
    let isOverAll = job.source == JobEntry.all || spec.groupBy != nil
    for (number, dataset) in names.enumerated() where isOverAll || number == job.source {
      guard let consumed = datasets[dataset]?.consumed[name] else { continue }
      let range = isOverAll ? RangeSet([0..<Int.max]) : RangeSet([job.offset..<job.end])
      datasets[dataset]?.consumed[name] = consumed.subtracting(range)
    }
  }

  /// Takes a failed attempt: charges a budget, and lets the job wait or fail for good (R4).
  mutating func apply(_ failed: AttemptFailed, grace: Duration) throws(Contradiction) {
    guard var job = job(failed.job) else { throw Contradiction("\(failed.job) is not in work") }
    guard job.attempt == failed.attempt else {
      throw Contradiction("\(failed.job) is at attempt \(job.attempt)")
    }
    for part in failed.parts { addLitter(part, due: failed.at + grace) }
    switch failed.cause.kind {
    case .payload: job.payloadFailures += 1
    case .infrastructure: job.infrastructureFailures += 1
    case .returned where failed.cause == .unfinished:
      job.resumes += 1
      // What it has done is kept, so what befell it before is no sign of what is to come.
      job.infrastructureFailures = 0
      job.lost = 0
    case .returned: job.returns += 1
    case .final: break
    }
    keep(failed, &job, grace)
    if failed.cause == .lost { job.lost += 1 }
    if let memory = failed.memory { job.memory = memory }
    if let wall = failed.wall { job.wall = wall }
    try change(task: failed.job.task) { $0.count(failed) }
    if let due = failed.retryAt {
      job.phase = .waiting(until: due)
      set(job, failed.job)
      effects.events.append(.retryDue(failed.job, due))
    } else {
      set(nil, failed.job)
    }
    try addToLedger(line(failed, job), of: failed.job.task)
  }

  /// Takes the checkpoint of a job that is to go on later, in place of the one before it. A job that has
  /// failed for good needs none.
  private mutating func keep(_ failed: AttemptFailed, _ job: inout JobEntry, _ grace: Duration) {
    let task = failed.job.task
    let new = failed.cause == .unfinished ? failed.result?.checkpoint : nil
    guard new != nil || failed.retryAt == nil else { return }
    discard(job.checkpoint, of: task, at: failed.at + grace)
    job.checkpoint = nil
    if failed.retryAt == nil {
      discard(new, of: task, at: failed.at + grace)
    } else {
      job.checkpoint = new
    }
  }

  private mutating func discard(_ checkpoint: KeptCheckpoint?, of task: Name, at due: Timestamp) {
    guard let checkpoint else { return }
    addLitter(Spool.place(ofCheckpoint: checkpoint.file, of: task), due: due)
  }

  /// Takes back the failures that a quarantined pilot caused to a job. A job that has ended
  /// meanwhile stays as it is.
  mutating func forgive(_ forgiven: Forgiven) {
    guard var job = job(forgiven.job) else { return }
    job.payloadFailures = max(0, job.payloadFailures - forgiven.payload)
    job.infrastructureFailures = max(0, job.infrastructureFailures - forgiven.infrastructure)
    set(job, forgiven.job)
  }

  // MARK: Views

  /// Adds an output's line to the catalogue of a dataset.
  private mutating func append(
    _ line: CatalogueLine, toCatalogueOf name: Name
  ) throws(Contradiction) {
    let format = format
    let viewLine = try change(dataset: name) { dataset in
      dataset.count(1, bytes: line.file.size ?? 0)
      dataset.files += 1
      let view = Spool.View.catalogue(name)
      let header = dataset.length == 0 ? Spool.viewHeader(view, format) : []
      let bytes = header + format.encode(line.json)
      defer { dataset.length += bytes.count }
      return ViewLine(view: view, offset: dataset.length, bytes: bytes)
    }
    touch(name)
    effects.lines.append(viewLine)
  }

  /// Adds a line to the ledger of a task.
  private mutating func addToLedger(_ line: LedgerLine, of name: Name) throws(Contradiction) {
    let format = format
    let viewLine = try change(task: name) { task in
      let view = Spool.View.ledger(name)
      let header = task.ledgerLength == 0 ? Spool.viewHeader(view, format) : []
      let bytes = header + format.encode(line.json)
      defer { task.ledgerLength += bytes.count }
      return ViewLine(view: view, offset: task.ledgerLength, bytes: bytes)
    }
    effects.lines.append(viewLine)
  }

  /// Returns the line of a failed attempt. The ledger keeps the position of a job that failed for
  /// good, so that it can be tried again.
  private func line(_ failed: AttemptFailed, _ job: JobEntry) -> LedgerLine {
    LedgerLine(
      job: failed.job, attempt: failed.attempt,
      outcome: .failure(
        LedgerLine.Failure(
          cause: failed.cause, result: failed.result, pilot: failed.pilot, registered: failed.at,
          reason: failed.reason, sequel: failed.retryAt.map { .retry($0) } ?? .final(job.position)))
    )
  }
}

extension CatalogueLine {
  /// Returns the line of a file that an attempt of its job did not write again.
  fileprivate static func gone(_ output: FormerOutput, _ job: JobID, _ attempt: Int) -> Self {
    var line = CatalogueLine(
      file: InputFile(path: output.path), origin: .job(job, attempt: attempt))
    line.isGone = true
    return line
  }
}

extension TaskEntry {
  /// Adds an attempt and the resources that it used.
  fileprivate mutating func count(_ result: JobResult) {
    attempts += 1
    cpu += result.cpu
    wall += max(.zero, result.ended - result.started)
    peakMemory = max(peakMemory, result.memory)
    started = min(started ?? result.started, result.started)
  }

  /// Adds a failed attempt.
  fileprivate mutating func count(_ failure: AttemptFailed) {
    if let result = failure.result { count(result) } else { attempts += 1 }
    causes[failure.cause.description, default: 0] += 1
    guard failure.retryAt == nil else { return }
    failed += 1
    finalCauses[failure.cause.description, default: 0] += 1
    failedJobs.insert(contentsOf: failure.job.index..<failure.job.index + 1)
    if let input = failure.input, failedFiles.count < TaskPage.mostFailed {
      failedFiles[failure.job.index] = input
    }
  }
}
