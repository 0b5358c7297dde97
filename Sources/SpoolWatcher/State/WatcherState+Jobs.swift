internal import SpoolModel
internal import SpoolStore

/// How results change the state.
extension WatcherState {
  func apply(_ accepted: ResultAccepted) -> [ViewLine] {
    guard let task = tasks[accepted.job.task], var job = task.jobs[accepted.job.index] else {
      return []
    }
    if accepted.result.outputs.isEmpty {
      return finish(accepted.job, task, job, accepted.attempt, accepted.result, parents: [])
    }
    job.phase = .publishing(accepted.result)
    job.parents = accepted.parents
    task.jobs[accepted.job.index] = job
    return []
  }

  func published(_ id: JobID) -> [ViewLine] {
    guard let task = tasks[id.task], let job = task.jobs[id.index],
      case .publishing(let result) = job.phase
    else { return [] }
    return finish(id, task, job, job.attempt, result, parents: job.parents)
  }

  private func finish(
    _ id: JobID, _ task: TaskEntry, _ job: JobEntry, _ attempt: Int, _ result: JobResult,
    parents: [String]
  ) -> [ViewLine] {
    task.jobs[id.index] = nil
    task.done += 1
    consume(task, job)
    count(result, in: task)
    task.sums.add(result.report)
    var lines: [ViewLine] = []
    for output in result.outputs {
      task.outputs += 1
      task.outputBytes += output.size
      guard let spec = task.spec.output(output.number) else { continue }
      let line = Self.catalogueLine(output, id, attempt, result, parents)
      datasets[spec.dataset]?.count(1, bytes: output.size)
      touch(spec.dataset)
      lines += append(line, toCatalogueOf: spec.dataset)
    }
    let line = Self.ledgerLine(id, attempt, result, cause: nil, reason: nil)
    return lines + ledger(task, .object(line))
  }

  /// A job has succeeded with its inputs.
  private func consume(_ task: TaskEntry, _ job: JobEntry) {
    guard case .datasets(let names) = task.spec.input else { return }
    let read = job.source == JobEntry.all ? names : [names[job.source]]
    for name in read {
      guard let dataset = datasets[name], dataset.retention == .step else { continue }
      let range = job.source == JobEntry.all ? 0..<dataset.length : job.offset..<job.end
      dataset.consumed[task.name, default: RangeSet()].insert(contentsOf: range)
      used.insert(name)
    }
  }

  private func count(_ result: JobResult, in task: TaskEntry) {
    task.attempts += 1
    task.cpu += result.cpu
    task.wall += max(0, (result.ended - result.started).milliseconds)
    task.peakMemory = max(task.peakMemory, result.memory)
    task.started = min(task.started ?? result.started.milliseconds, result.started.milliseconds)
  }

  func apply(_ failed: AttemptFailed, grace: Int) -> [ViewLine] {
    guard let task = tasks[failed.job.task], var job = task.jobs[failed.job.index] else {
      return []
    }
    for part in failed.parts { litter[part] = failed.at + grace }
    if let result = failed.result { count(result, in: task) } else { task.attempts += 1 }
    task.causes[failed.cause.description, default: 0] += 1
    switch failed.cause.kind {
    case .payload: job.payloadFailures += 1
    case .infrastructure: job.infrastructureFailures += 1
    case .returned: job.returns += 1
    case .final: break
    }
    if let memory = failed.memory { job.memory = memory }
    if let due = failed.retryAt {
      job.phase = .waiting(until: due)
      task.jobs[failed.job.index] = job
    } else {
      task.jobs[failed.job.index] = nil
      task.failed += 1
      task.finalCauses[failed.cause.description, default: 0] += 1
      task.failedJobs.insert(contentsOf: failed.job.index..<failed.job.index + 1)
      if let input = failed.input, task.failedFiles.count < TaskPage.mostFailed {
        task.failedFiles[failed.job.index] = input
      }
    }
    var line = Self.ledgerLine(
      failed.job, failed.attempt, failed.result, cause: failed, reason: failed.reason)
    if let due = failed.retryAt {
      line["retryAt"] = .integer(due)
    } else {
      line["position"] = job.position
    }
    return ledger(task, .object(line))
  }

  func forgive(_ forgiven: Forgiven) {
    guard let task = tasks[forgiven.job.task], var job = task.jobs[forgiven.job.index] else {
      return
    }
    job.payloadFailures = max(0, job.payloadFailures - forgiven.payload)
    job.infrastructureFailures = max(0, job.infrastructureFailures - forgiven.infrastructure)
    task.jobs[forgiven.job.index] = job
  }

  // MARK: The views

  private func append(_ line: JSON, toCatalogueOf name: Name) -> [ViewLine] {
    guard let dataset = datasets[name] else { return [] }
    dataset.files += 1
    let header = dataset.length == 0 ? Spool.viewHeader("catalogue", name) : []
    let bytes = header + line.compact + [10]
    defer { dataset.length += bytes.count }
    return [ViewLine(view: .catalogue(name), offset: dataset.length, bytes: bytes)]
  }

  private func ledger(_ task: TaskEntry, _ line: JSON) -> [ViewLine] {
    let header = task.ledgerLength == 0 ? Spool.viewHeader("ledger", task.name) : []
    let bytes = header + line.compact + [10]
    defer { task.ledgerLength += bytes.count }
    return [ViewLine(view: .ledger(task.name), offset: task.ledgerLength, bytes: bytes)]
  }

  private static func catalogueLine(
    _ output: StagedOutput, _ id: JobID, _ attempt: Int, _ result: JobResult, _ parents: [String]
  ) -> JSON {
    var object = JSONObject([
      .init("path", .string(output.path)), .init("size", .integer(output.size)),
      .init("adler32", .string(output.adler32)),
      .init(
        "origin", ["job": .string(id.description), "attempt": .integer(attempt)]),
    ])
    if !parents.isEmpty { object["parents"] = .array(parents.map { .string($0) }) }
    if !result.report.members.isEmpty { object["report"] = .object(result.report) }
    return .object(object)
  }

  private static func ledgerLine(
    _ id: JobID, _ attempt: Int, _ result: JobResult?, cause: AttemptFailed?, reason: String?
  ) -> JSONObject {
    var object = JSONObject([
      .init("job", .string(id.description)), .init("attempt", .integer(attempt)),
      .init("outcome", .string(cause?.cause.description ?? "ok")),
    ])
    if let cause { object["final"] = .bool(cause.retryAt == nil) }
    if let result {
      object.members += result.json.object?.members.filter { $0.key != "reason" } ?? []
    } else if let pilot = cause?.pilot {
      object["pilot"] = .string(pilot.text)
    }
    if let at = cause?.at { object["registered"] = .integer(at) }
    if let reason = reason ?? result?.reason { object["reason"] = .string(reason) }
    return object
  }
}

extension JobEntry {
  /// What a ledger keeps of a job that failed for good, so that it can be tried again.
  var position: JSON {
    var object = JSONObject([
      .init("source", .integer(source)), .init("offset", .integer(offset)),
      .init("files", .integer(files)), .init("end", .integer(end)),
    ])
    if let memory { object["memory"] = .integer(memory) }
    return .object(object)
  }
}
