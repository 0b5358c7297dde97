internal import SpoolModel
internal import SpoolStore

/// Finds the file of every job in work after a restart. It scans in the direction in which files
/// move: ready, running, inboxes (R8). In comes the state that the journal gave; out go the places
/// of jobs, and new attempts of the jobs that two scans do not find (R4).
struct RestartScan {
  let spool: Spool
  let ready: ReadyFeeder
  let order: FeedOrder
  let pilots: PilotMonitor
  let reissue: JobReissue
  /// Hands the events of a scan over to the stages.
  let handle: () -> Void

  /// Scans twice, and issues the jobs again that neither scan found.
  func run(_ turn: Turn) throws {
    try turn.checkLease()
    for task in turn.state.liveTasks {
      for (index, job) in turn.state.jobs(of: task.name) where job.phase == .issued {
        turn.placement.put(.unknown, JobID(task: task.name, index: index), attempt: job.attempt)
      }
    }
    try ready.resume(turn)
    for queue in Queue.allCases { try spool.removeUnfinishedPuts(queue) }
    try scan(turn)
    try scan(turn)
    let lost = unknown(turn)
    guard !lost.isEmpty else { return }
    turn.say("issuing \(lost.count) jobs anew that are in no directory")
    for id in lost { issueAgain(id, turn) }
  }

  /// Returns the jobs that no scan has found yet.
  private func unknown(_ turn: Turn) -> [JobID] {
    turn.state.liveTasks.flatMap { task in
      turn.state.jobs(of: task.name).filter { index, job in
        turn.placement.whereabouts(of: JobID(task: task.name, index: index), job)
          == .issued(.unknown)
      }.map { JobID(task: task.name, index: $0.key) }
    }.sorted()
  }

  /// Looks once into each directory. A file that moves on meanwhile is found in a later one.
  private func scan(_ turn: Turn) throws {
    try ready.lookIntoReady(fresh: true, turn)
    for name in try pilots.allClaims(turn) { meet(name, turn) }
    // The names are enough: the first turns read the files.
    for failed in [false, true] {
      for name in try spool.inbox(failed: failed, fresh: true) { meet(name.jobName, turn) }
    }
    handle()
  }

  /// Notes that a pilot has or had a job, if the state has the claimed attempt.
  private func meet(_ name: JobName, _ turn: Turn) {
    guard let job = turn.state.job(name.job), job.attempt == name.attempt,
      turn.placement.whereabouts(of: name.job, job) == .issued(.unknown)
    else { return }
    turn.placement.put(.claimed, name.job, attempt: job.attempt)
    order.adopt(name, isClaimed: true, turn)
  }

  /// Has a job issued again that no scan has found (R4), as soon as its task is not held and has room.
  /// Its file may have been taken back, because of a hold or a limit.
  private func issueAgain(_ id: JobID, _ turn: Turn) {
    guard let job = turn.state.job(id) else { return }
    turn.placement.put(.parked, id, attempt: job.attempt)
    reissue.noteParked(id, turn)
  }
}
