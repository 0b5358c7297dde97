internal import SpoolModel
internal import SpoolStore

/// A job's way from its inputs to its result.
extension Pilot {
  // MARK: Inputs

  /// Sizes at once; checksums, where they are asked for, off this thread.
  func checkInputs(_ job: RunningJob) {
    for input in job.document.inputs {
      do throws(FileError) {
        if let problem = try problem(input) { return fail(job, .input, problem) }
      } catch {
        return wait(job, .input, error)
      }
    }
    let sums = job.document.verifiesChecksum ? job.document.inputs.filter { $0.adler32 != nil } : []
    guard !sums.isEmpty else { return start(job) }
    job.stage = .verifying
    digester.start(
      job.id, sums.map { DigestRequest(path: $0.path, durable: false, checksum: true) })
  }

  /// What a filesystem that is out of order refuses is no fault of the job's: it waits, in this
  /// pilot's hands, but not for ever (R10). Any other refusal is its failure.
  private func wait(_ job: RunningJob, _ cause: Cause, _ error: FileError) {
    let since = job.blockedSince ?? time.now
    job.blockedSince = since
    guard time.now - since < error.patience else {
      return fail(job, cause, "\(error)")
    }
    job.stage = .blocked
    troubles.note(error, job.name.job.description)
  }

  /// Looks at it once more.
  func resume(_ job: RunningJob) {
    if job.isReturning { return fail(job, .returned, "given back before it ran") }
    job.stage = .running
    checkInputs(job)
  }

  private func problem(_ input: InputFile) throws(FileError) -> String? {
    do throws(FileError) {
      let attributes = try spool.files.attributes(of: input.path)
      switch attributes.kind {
      case .file:
        guard let size = input.size, size != attributes.size else { return nil }
        return "the input \(input.path) has \(attributes.size) bytes, not \(size)"
      // The payload follows it; what it leads to is the author's.
      case .link: return nil
      case .directory, .other: return "the input \(input.path) is no file"
      }
    } catch {
      guard error.isMissing else { throw error }
      return "the input \(input.path) is not there"
    }
  }

  private func verified(_ job: RunningJob, _ digests: [FileDigest]) {
    let expected = job.document.inputs.filter { $0.adler32 != nil }
    for (input, digest) in zip(expected, digests) {
      switch digest.answer {
      case .read(_, let sum):
        guard sum != input.adler32 else { continue }
        return fail(
          job, .input,
          "the input \(input.path) has the checksum \(sum ?? "?"), not \(input.adler32 ?? "?")")
      case .missing: return fail(job, .input, "the input \(input.path) is not there")
      case .failed(let why): return fail(job, .input, "the input \(input.path): \(why)")
      }
    }
    job.stage = .running
    if job.isReturning { return fail(job, .returned, "given back before it ran") }
    start(job)
  }

  // MARK: The payload

  private func start(_ job: RunningJob) {
    do throws(FileError) {
      for output in job.document.outputs { try ensure(FilePath.directory(output.path)) }
    } catch {
      return wait(job, .staging, error)
    }
    let filler = PayloadFiller(
      job: job.document, name: job.name, pilot: name, slot: job.slot, gpus: job.gpus,
      options: options)
    do throws(SpawnError) {
      try runner.start(filler.payload(job.id))
      failures.noteStart()
    } catch {
      let call = FileError("start", error.program, error.code)
      fail(job, .spawn, "\(call)")
      if !error.isTheTasks { noteNoStart("\(call)") }
    }
  }

  private func ensure(_ directory: String) throws(FileError) {
    guard !knownDirectories.contains(directory) else { return }
    try spool.files.ensureDirectories(directory)
    knownDirectories.insert(directory)
  }

  /// Payloads that ended: their share is free from now on.
  func takeEnded() -> [RunningJob] {
    runner.poll().compactMap { end in
      guard let job = jobs[end.id] else { return nil }
      job.end = end
      releaseShare(of: job)
      return job
    }
  }

  /// The verdict on a payload that ended: one with outputs is staged next.
  func settle(_ job: RunningJob) {
    guard let end = job.end else { return }
    if job.isTaken {
      removeParts(job)
      release(job)
    } else if let cause = cause(job, end) {
      fail(job, cause, reason(job, cause, end))
    } else if job.document.outputs.isEmpty {
      succeed(job, [])
    } else {
      job.stage = .staging
      digester.start(
        job.id,
        job.document.outputs.map { output in
          DigestRequest(
            path: output.part(attempt: job.document.attempt, pilot: job.pilot),
            durable: true, checksum: true)
        })
    }
  }

  private func cause(_ job: RunningJob, _ end: PayloadEnd) -> Cause? {
    switch end.reason {
    case .wall: return .wall
    case .memory: return .memory
    case .stuck: return .stuck
    case .ended where job.isReturning: return .returned
    case .ended, .itself: break
    }
    switch end.status {
    case .exited(0): return nil
    case .exited(let code): return .exit(Int(code))
    case .signalled(let number): return .signal(Int(number))
    }
  }

  private func reason(_ job: RunningJob, _ cause: Cause, _ end: PayloadEnd) -> String {
    let last = PayloadLog(slot: job.slot, files: local).lastLines()
    switch cause {
    case .wall:
      return "over its wall time of \(Units.text(job.document.wall))"
    case .memory:
      return "over its memory of \(Units.text(bytes: job.document.memory)) "
        + "(\(Units.text(bytes: Int(end.memory))) seen)"
    case .stuck:
      let time = Units.text(job.document.stuck ?? .zero)
      return "it printed nothing and used no processor for \(time)"
    case .returned: return "given back: the pilot was told to stop"
    case .exit(let code): return last ?? "exit code \(code), and nothing printed"
    default: return last ?? "ended by \(cause), and nothing printed"
    }
  }

  // MARK: Outputs

  func finishDigests() {
    for (id, digests) in digester.poll() {
      guard let job = jobs[id] else { continue }
      if job.isTaken {
        removeParts(job)
        release(job)
        continue
      }
      switch job.stage {
      case .verifying: verified(job, digests)
      case .staging: staged(job, digests)
      case .running, .delivering, .blocked: break
      }
    }
  }

  private func staged(_ job: RunningJob, _ digests: [FileDigest]) {
    var outputs: [StagedOutput] = []
    for (number, (output, digest)) in zip(job.document.outputs, digests).enumerated() {
      switch digest.answer {
      case .read(let size, let sum):
        outputs.append(
          StagedOutput(
            number: number, path: output.path, part: String(FilePath.base(digest.path)),
            size: size, adler32: sum ?? ""))
      case .missing:
        if output.isOptional { continue }
        return fail(job, .output, "the payload ended well, but did not write \(output.path)")
      case .failed(let why): return fail(job, .staging, "\(digest.path): \(why)")
      }
    }
    succeed(job, outputs)
  }

  /// Before a result is begun the parts are the pilot's to remove; after it, the watcher's (R3).
  func removeParts(_ job: RunningJob) {
    for output in job.document.outputs {
      let part = output.part(attempt: job.document.attempt, pilot: job.pilot)
      try? spool.files.removeIfPresent(part)
    }
  }

  // MARK: Results

  private func succeed(_ job: RunningJob, _ outputs: [StagedOutput]) {
    do throws(RequestError) {
      let report = try PayloadReport.read(job.slot.report, local)
      var result = result(job, nil)
      result.outputs = outputs
      result.report = report
      failures.noteSuccess()
      deliver(job, result)
    } catch {
      fail(job, .output, error.message)
    }
  }

  func fail(_ job: RunningJob, _ cause: Cause, _ reason: String) {
    failures.noteFailure(cause)
    removeParts(job)
    // Somebody may have removed them: the next attempt makes them again.
    for output in job.document.outputs {
      knownDirectories.remove(FilePath.directory(output.path))
    }
    var result = result(job, cause)
    result.reason = reason
    deliver(job, result)
  }

  private func result(_ job: RunningJob, _ cause: Cause?) -> JobResult {
    var result = JobResult(
      pilot: name, host: options.host, started: job.started, ended: time.timestamp, cause: cause)
    guard let end = job.end else { return result }
    switch end.status {
    case .exited(let code): result.exit = Int(code)
    case .signalled(let number): result.signal = Int(number)
    }
    result.cpu = (end.cpu * 1e6).rounded() / 1e6
    result.memory = Int(end.memory)
    result.log = appendLog(job, cause?.description ?? "ok")
    return result
  }

  func deliver(_ job: RunningJob, _ result: JobResult) {
    do throws(FileError) {
      if try job.deliver(result, in: spool) { release(job) }
    } catch {
      troubles.note(error, "the result of \(job.name.job)")
    }
  }

  // MARK: Logs

  /// Appends what was printed to the task's log, which is this pilot's alone.
  private func appendLog(_ job: RunningJob, _ outcome: String) -> JobResult.LogExtent? {
    let text = PayloadLog(slot: job.slot, files: local).text(job.name, outcome: outcome)
    guard !text.isEmpty else { return nil }
    let task = job.document.job.task
    let file = spool.layout.logName(task, name)
    do throws(FileError) {
      let offset = try endOfLog(task, job.document.incarnation)
      try append(text, toLog: file, at: offset)
      logs[task] = LogEnd(incarnation: job.document.incarnation, offset: offset + text.count)
      return JobResult.LogExtent(file: file, offset: offset, length: text.count)
    } catch {
      say("\(error); the output of \(job.name.job) is not kept")
      return nil
    }
  }

  /// Where the log of a task ends that this pilot alone writes. Of one that it does not know, or that
  /// it knew by another incarnation, the file tells: the name may have been free meanwhile.
  private func endOfLog(_ task: Name, _ incarnation: String) throws(FileError) -> Int {
    if let known = logs[task], known.incarnation == incarnation { return known.offset }
    if logs.count >= Self.mostLogs { logs = [:] }
    let path = "\(spool.layout.root)/\(spool.layout.logName(task, name))"
    if let size = try spool.files.attributesIfPresent(path)?.size { return size }
    try spool.files.ensureDirectories(FilePath.directory(path))
    return 0
  }

  /// Of so many tasks it is known where their logs end.
  private static let mostLogs = 1000

  private func append(
    _ text: [UInt8], toLog file: String, at offset: Int
  ) throws(FileError) {
    let path = "\(spool.layout.root)/\(file)"
    do throws(FileError) {
      try spool.write(text, toView: path, at: offset)
    } catch {
      guard error.isMissing else { throw error }
      try spool.files.ensureDirectories(FilePath.directory(path))
      try spool.write(text, toView: path, at: offset)
    }
  }

  /// Jobs that run for long can be followed.
  func copyLiveLogs() {
    let now = time.now
    for job in jobs.values where job.stage == .running && now - job.begun >= LiveLog.after {
      var log = job.liveLog ?? LiveLog(path: spool.layout.liveLog(name, job.name), now: now)
      guard now >= log.next else { continue }
      log.next = now + LiveLog.interval
      do throws(FileError) {
        try log.copy(job.slot, local: local, shared: spool.files)
      } catch {
        log.next = now + 10 * LiveLog.interval
      }
      job.liveLog = log
    }
  }
}
