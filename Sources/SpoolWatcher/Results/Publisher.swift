internal import SpoolModel
internal import SpoolStore

/// Gives accepted outputs their final names (R3). In come accepted results; out go `published` records
/// and events. It runs after the commit that accepted a result; the journal drives it, so after a crash
/// it goes on where it was.
final class Publisher {
  private let spool: Spool
  private let turn: Turn
  private var waiting: [JobID: InboxName?] = [:]
  /// How many outputs of a job have their final names, of those whose others have not yet.
  private var progress: [JobID: Int] = [:]
  private var patience = ErrorPatience<JobID>()

  init(_ spool: Spool, _ turn: Turn) {
    self.spool = spool
    self.turn = turn
  }

  func add(_ job: JobID, from name: InboxName?) { waiting[job] = .some(name) }

  /// After a restart: what the journal says was accepted and not published.
  func resume() {
    for task in turn.state.liveTasks {
      for (index, job) in turn.state.jobs(of: task.name) where job.isPublishing {
        add(JobID(task: task.name, index: index), from: nil)
      }
    }
  }

  var isIdle: Bool { waiting.isEmpty }

  /// Publishes what is committed.
  func run() throws {
    guard !waiting.isEmpty else { return }
    try turn.checkLease()
    var published: [JobID] = []
    var directories: Set<String> = []
    for job in waiting.keys.sorted() {
      do throws(FileError) {
        if try publish(job, &directories) { published.append(job) }
        patience.forget(job)
      } catch {
        postpone(job, error)
      }
    }
    for directory in directories { try makeDurable(directory) }
    for job in published {
      turn.record(.published(job))
      turn.placement.forget(job)
      if let name = waiting.removeValue(forKey: job) ?? nil { turn.emit(.published(name)) }
    }
  }

  /// A directory that may be written and not read cannot be synced: it is as durable as it can be.
  private func makeDurable(_ directory: String) throws(FileError) {
    do throws(FileError) {
      try spool.files.syncDirectory(directory)
    } catch {
      guard error.isLasting else { throw error }
      turn.say("\(error)")
    }
  }

  /// One output that cannot be published now holds no other up, and is not tried for ever (R10).
  private func postpone(_ job: JobID, _ error: FileError) {
    guard patience.note(job, of: job, error, spool.config, turn),
      case .publishing(let result)? = turn.state.job(job)?.phase
    else { return }
    refuse(job, .staging, "\(error)", result)
  }

  private func publish(
    _ id: JobID, _ directories: inout Set<String>
  ) throws(FileError) -> Bool {
    guard let task = turn.state.tasks[id.task], let job = turn.state.job(id),
      case .publishing(let result) = job.phase
    else {
      if let name = waiting.removeValue(forKey: id) ?? nil {
        turn.emit(.publicationAbandoned(name))
      }
      return false
    }
    progress[id] = 0
    if let reason = try stray(result.outputs) {
      refuse(id, .refused, reason, result)
      return false
    }
    for output in result.outputs {
      let overwrites = task.spec.output(output.number)?.overwrites ?? false
      switch try spool.publish(output, overwrites: overwrites) {
      case .done:
        directories.insert(FilePath.directory(output.path))
        progress[id, default: 0] += 1
      case .exists(let path):
        refuse(id, .exists, "output exists: \(path) is not this task's", result)
        return false
      case .lost(let why):
        refuse(id, .staging, why, result)
        return false
      }
    }
    progress[id] = nil
    return true
  }

  /// Why outputs may not be where they are going: a link on the way there leads out of the data
  /// roots. By spelling they lie in one.
  private func stray(_ outputs: [StagedOutput]) throws(FileError) -> String? {
    guard !spool.dataRoots.isAnywhere else { return nil }
    let roots = spool.dataRoots.resolved { (try? spool.files.resolve($0)) ?? $0 }
    for directory in Set(outputs.map { FilePath.directory($0.path) }).sorted() {
      let real = try spool.files.resolve(directory)
      guard !roots.contains(directory: real) else { continue }
      return "\(directory) leads to \(real), which is in none of the data roots: \(roots.words)"
    }
    return nil
  }

  /// A job's outputs get their names all or none: what has one already becomes a part again, and
  /// goes the way of parts that do not count.
  private func refuse(_ id: JobID, _ cause: Cause, _ reason: String, _ result: JobResult) {
    for output in result.outputs.prefix(progress.removeValue(forKey: id) ?? 0) {
      do throws(FileError) {
        try spool.files.renameExclusively(output.path, to: output.partPath)
      } catch {
        if !error.isMissing { turn.say("\(error): it stays, and belongs to no dataset") }
      }
    }
    turn.emit(.publicationRefused(id, cause, reason))
    if let name = waiting.removeValue(forKey: id) ?? nil { turn.emit(.published(name)) }
  }
}
