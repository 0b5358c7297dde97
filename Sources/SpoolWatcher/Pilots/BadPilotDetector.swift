internal import SpoolModel
internal import SpoolStore

/// Finds the pilots on which jobs fail that succeed elsewhere, and puts them into quarantine. In
/// come the results of jobs; out go `quarantined` records and quarantine files. Data or a program
/// that fails everywhere sets no pilot aside, and a pilot is never set aside if no other pilot fits
/// the task.
final class BadPilotDetector {
  /// A pilot in quarantine on suspicion, before anything is known from elsewhere.
  private struct Suspect {
    var task: Name
    /// The time at which it is released if nothing has decided (R10).
    var until: Instant
    /// The first result of the task on another pilot.
    var answer: Answer?
  }

  /// The first result elsewhere: a success confirms a suspicion, a failure ends it.
  private enum Answer {
    case done
    case failed(on: PilotName)
  }

  private let spool: Spool
  private let pilots: PilotMonitor
  private let files: QuarantineFiles
  private var evidence: [Name: TaskEvidence] = [:]
  /// Tasks with new evidence.
  private var touched: Set<Name> = []
  private var suspects: [PilotName: Suspect] = [:]
  /// Pilots in quarantine for good, with the task whose evidence decided.
  private var condemned: [PilotName: Name] = [:]
  /// Pilots that were in quarantine at the last look, by whatever cause.
  private var aside: Set<PilotName> = []
  /// Pilots that this watcher released, and that have not noticed it yet.
  private var lifted: Set<PilotName> = []
  private var lastLook = Instant.distantPast

  /// The beginning of a quarantine file's second line, by which the next watcher recognises a
  /// suspicion.
  private static let mark = "suspected: "

  init(_ spool: Spool, pilots: PilotMonitor, files: QuarantineFiles) {
    self.spool = spool
    self.pilots = pilots
    self.files = files
  }

  // MARK: What happened

  /// Notes that a job succeeded on a pilot.
  func succeeded(_ id: JobID, on pilot: PilotName?, _ turn: Turn) {
    guard let pilot, condemned[pilot] == nil else { return }
    evidence[id.task, default: TaskEvidence()].succeeded(id.index, on: pilot)
    touched.insert(id.task)
    if suspects[pilot]?.task == id.task { lift(pilot, "a job of \(id.task) was done there", turn) }
    answer(.done, by: pilot, id.task)
  }

  /// Notes that an attempt failed on a pilot, after the failure is recorded. `isLast` is true if
  /// the job is not tried again.
  func failed(_ id: JobID, on pilot: PilotName?, _ cause: Cause, isLast: Bool, _ turn: Turn) {
    guard let pilot, cause.mayBeTheNodes else { return }
    if let task = condemned[pilot] {
      if task == id.task, !isLast { forgive(id, cause, pilot, turn) }
      return
    }
    evidence[id.task, default: TaskEvidence()].failed(
      id.index, on: pilot, cause, isLast: isLast)
    touched.insert(id.task)
    answer(.failed(on: pilot), by: pilot, id.task)
  }

  /// Notes a result for the suspects of a task on other pilots. The first such result decides about
  /// a suspect.
  private func answer(_ answer: Answer, by pilot: PilotName, _ task: Name) {
    for (other, suspect) in suspects
    where suspect.task == task && other != pilot && suspect.answer == nil {
      suspects[other]?.answer = answer
    }
  }

  /// Drops the evidence of a task that has ended.
  func noteEnded(task: Name) {
    evidence[task] = nil
    touched.remove(task)
  }

  /// Notes that a job's program could not be started on a pilot. Returns true if it may be the node's
  /// fault: the jobs of the task start elsewhere, or other pilots have not tried. The more pilots
  /// there are, and the longer it lasts, the less is waited for.
  func mayStartElsewhere(_ id: JobID, than pilot: PilotName, _ turn: Turn) -> Bool {
    guard let task = turn.state.tasks[id.task], let job = turn.state.job(id) else { return false }
    let others = pilots.others(than: pilot, for: task.spec.shape).map(\.pilot)
    let known = evidence[id.task] ?? TaskEvidence()
    let starts = known.starts(id.index, on: pilot, others: others)
    evidence[id.task, default: TaskEvidence()].couldNotStart(id.index, on: pilot)
    switch starts {
    case .elsewhere: return true
    case .nowhere: return false
    case .unknown: return job.infrastructureFailures + 1 < TaskEvidence.mostStarts
    }
  }

  /// Returns the most memory that a pilot has for jobs of a task; nil if there is none.
  func mostMemory(for spec: TaskSpec) -> Int? { pilots.mostMemory(for: spec.shape) }

  // MARK: Judging

  /// Judges the suspects and the tasks with new evidence, once a turn, before the commit.
  func judge(_ turn: Turn) {
    let now = turn.now
    if now - lastLook >= pilots.interval {
      lastLook = now
      lookAtPilots(turn)
    }
    for (pilot, suspect) in suspects.sorted(by: { $0.key < $1.key }) { judge(pilot, suspect, turn) }
    for task in touched.sorted() { judge(task, turn) }
    touched = []
  }

  /// Judges a suspect: the first result elsewhere decides, or the suspicion lapses.
  private func judge(_ pilot: PilotName, _ suspect: Suspect, _ turn: Turn) {
    if let why = lapse(pilot, suspect, turn) { return lift(pilot, why, turn) }
    switch suspect.answer {
    case nil: break
    case .done: condemn(pilot, suspect.task, turn)
    case .failed(let other): lift(pilot, "a job of \(suspect.task) failed on \(other), too", turn)
    }
  }

  /// Judges the pilots of a task with new evidence.
  private func judge(_ task: Name, _ turn: Turn) {
    guard let evidence = evidence[task], let spec = turn.state.tasks[task]?.spec else { return }
    for pilot in evidence.suspects where condemned[pilot] == nil && suspects[pilot] == nil {
      let others = pilots.others(than: pilot, for: spec.shape)
      guard !others.isEmpty else { continue }
      if evidence.isBad(pilot) {
        condemn(pilot, task, turn)
      } else if evidence.isDoubtful(pilot), others.contains(where: { $0.jobs > 0 }) {
        suspect(pilot, task, spec, turn)
      }
    }
  }

  /// Puts a pilot into quarantine on suspicion.
  private func suspect(_ pilot: PilotName, _ task: Name, _ spec: TaskSpec, _ turn: Turn) {
    let count = evidence[task]?.row(of: pilot) ?? 0
    let reason =
      "on suspicion: \(count) jobs of \(task) failed here in a row, and none has ended elsewhere yet"
    suspects[pilot] = Suspect(
      task: task,
      until: turn.now + spec.resources.wall
        + spool.config.deadAfter)
    files.set(pilot, "\(reason)\n\(Self.mark)\(task)")
    tell(pilot, reason, turn)
  }

  /// Puts a pilot into quarantine for good, and forgives its task's jobs the failures there.
  private func condemn(_ pilot: PilotName, _ task: Name, _ turn: Turn) {
    suspects[pilot] = nil
    condemned[pilot] = task
    let (done, failed) = evidence[task]?.elsewhere(than: pilot) ?? (0, 0)
    let count = evidence[task]?.row(of: pilot) ?? 0
    let reason =
      "\(count) jobs of \(task) failed here in a row; elsewhere \(done) done, \(failed) failed"
    let jobs = (evidence[task]?.charges(of: pilot) ?? []).map { job, charges in
      Forgiven(
        job: JobID(task: task, index: job), payload: charges.payload,
        infrastructure: charges.infrastructure)
    }
    record(pilot, reason, jobs, turn)
    for task in evidence.keys { evidence[task]?.clear(pilot) }
    files.set(pilot, reason)
    tell(pilot, reason, turn)
  }

  private func tell(_ pilot: PilotName, _ reason: String, _ turn: Turn) {
    turn.say(
      "pilot \(pilot) is quarantined: \(reason); `spool pilots release \(pilot)` brings it back")
  }

  private func record(_ pilot: PilotName, _ reason: String, _ jobs: [Forgiven], _ turn: Turn) {
    turn.record(
      .quarantined(
        PilotQuarantined(pilot: pilot, reason: reason, at: turn.date, jobs: jobs)))
  }

  /// Forgives a job a failure on a pilot that is already in quarantine for good.
  private func forgive(_ id: JobID, _ cause: Cause, _ pilot: PilotName, _ turn: Turn) {
    let isPayload = cause.kind == .payload
    let job = Forgiven(
      job: id, payload: isPayload ? 1 : 0, infrastructure: isPayload ? 0 : 1)
    record(pilot, files.reason(of: pilot) ?? "", [job], turn)
  }

  // MARK: The way back

  /// Releases a pilot that was under suspicion.
  private func lift(_ pilot: PilotName, _ why: String, _ turn: Turn) {
    suspects[pilot] = nil
    lifted.insert(pilot)
    files.lift(pilot)
    turn.say("pilot \(pilot) is released: \(why)")
  }

  /// Returns the reason if a suspicion is over without a result; else nil.
  private func lapse(_ pilot: PilotName, _ suspect: Suspect, _ turn: Turn) -> String? {
    guard let task = turn.state.tasks[suspect.task], !task.state.hasEnded else {
      return "the task \(suspect.task) has ended"
    }
    if pilots.others(than: pilot, for: task.spec.shape).isEmpty {
      return "no other pilot is left for \(suspect.task)"
    }
    guard turn.now >= suspect.until else { return nil }
    // The count starts again, or else the pilot would be a suspect at once.
    evidence[suspect.task]?.clear(pilot)
    return "no job of \(suspect.task) has ended elsewhere"
  }

  /// Notes the pilots that came back, and takes over the suspects of a former watcher.
  private func lookAtPilots(_ turn: Turn) {
    for pilot in files.takeReleased() {
      suspects[pilot] = nil
      condemned[pilot] = nil
    }
    let now = Set(pilots.living.filter { $0.state == .quarantined }.map(\.pilot))
    for pilot in aside.subtracting(now) { beginAnew(pilot, turn) }
    for pilot in now.subtracting(aside) where files.reason(of: pilot) == nil { adopt(pilot, turn) }
    aside = now
  }

  /// Begins the counting again for a pilot that somebody released.
  private func beginAnew(_ pilot: PilotName, _ turn: Turn) {
    guard lifted.remove(pilot) == nil, pilots.isAlive(pilot) else { return }
    for task in evidence.keys { evidence[task]?.clear(pilot) }
    turn.say("pilot \(pilot) takes jobs again")
  }

  /// Drops what is known of a pilot that is gone.
  func noteGone(_ pilot: PilotName) {
    suspects[pilot] = nil
    condemned[pilot] = nil
    aside.remove(pilot)
    lifted.remove(pilot)
    files.noteGone(pilot)
    for task in evidence.keys { evidence[task]?.remove(pilot) }
  }

  /// Takes over the suspicion of a former watcher, if the pilot's quarantine file tells of one.
  private func adopt(_ pilot: PilotName, _ turn: Turn) {
    guard let text = try? spool.quarantineText(of: pilot),
      let line = text.split(separator: "\n").dropFirst().first, line.hasPrefix(Self.mark),
      let task = Name(line.dropFirst(Self.mark.count))
    else { return }
    files.adopt(pilot, text)
    let wall = turn.state.tasks[task]?.spec.resources.wall ?? .zero
    suspects[pilot] = Suspect(
      task: task, until: turn.now + wall + spool.config.deadAfter)
  }
}
