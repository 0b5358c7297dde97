internal import SpoolModel
internal import SpoolStore

/// Gives accepted outputs their final names (R3). In come accepted results; out go `published`
/// records and events. It runs after the commit that accepted a result. After a crash it goes on
/// where it was, because it reads the accepted results from the journal's state.
final class Publisher {
  private let spool: Spool
  /// Accepted results that wait for publication, each with its file in the inbox if that is known.
  private var waiting: [JobID: InboxName?] = [:]
  /// The number of outputs that already have their final names, by job, while others of the job
  /// have not.
  private var progress: [JobID: Int] = [:]
  private var patience = ErrorPatience<JobID>()

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

  /// Publishes the accepted results, once they are committed.
  func run(_ turn: Turn) throws {
    guard !waiting.isEmpty else { return }
    try turn.checkLease()
    var published: [JobID] = []
    var directories: Set<String> = []
    for job in waiting.keys.sorted() {
      do throws(FileError) {
        if try publish(job, &directories, turn) { published.append(job) }
        patience.noteSuccess(job)
      } catch {
        postpone(job, error, turn)
      }
    }
    for directory in directories { try makeDurable(directory, turn) }
    for job in published {
      turn.record(.published(job))
      turn.placement.remove(job)
      if let name = waiting.removeValue(forKey: job) ?? nil { turn.emit(.published(name)) }
    }
  }

  /// Syncs a directory. If its permissions let the watcher write but not read it, it cannot be
  /// synced, and the watcher goes on after a message.
  private func makeDurable(_ directory: String, _ turn: Turn) throws(FileError) {
    do throws(FileError) {
      try spool.sync(data: directory)
    } catch {
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

  /// Gives a job's outputs their final names. Returns true if all have them. Adds their
  /// directories, which are to be synced.
  private func publish(
    _ id: JobID, _ directories: inout Set<String>, _ turn: Turn
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
      refuse(id, .refused, reason, result, turn)
      return false
    }
    for output in result.outputs {
      let overwrites = task.spec.output(output.number)?.overwrites ?? false
      switch try spool.publish(output, overwrites: overwrites) {
      case .done:
        directories.insert(FilePath.directory(output.path))
        progress[id, default: 0] += 1
      case .exists(let path):
        refuse(id, .exists, "output exists: \(path) is not this task's", result, turn)
        return false
      case .lost(let why):
        refuse(id, .staging, why, result, turn)
        return false
      }
    }
    progress[id] = nil
    return true
  }

  /// Returns the reason if a directory of these outputs lies outside the data roots once links are
  /// followed; else nil. By spelling it lies in one.
  private func stray(_ outputs: [StagedOutput]) throws(FileError) -> String? {
    guard !spool.dataRoots.isAnywhere else { return nil }
    let roots = spool.resolvedDataRoots()
    for directory in Set(outputs.map { FilePath.directory($0.path) }).sorted() {
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
      } catch {
        if !error.isMissing { turn.say("\(error): it stays, and belongs to no dataset") }
      }
    }
    turn.emit(.publicationRefused(id, cause, reason))
    if let name = waiting.removeValue(forKey: id) ?? nil { turn.emit(.published(name)) }
  }
}
