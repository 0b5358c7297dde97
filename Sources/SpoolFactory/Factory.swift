public import SpoolModel
public import SpoolStore

/// A factory of pilots: keeps as many of them queued and running in a batch system as the backlog needs,
/// and no more.
///
/// It is stepped, and its only state that counts is the batch system's list: the names of its batch jobs
/// say whose they are. So it may be killed at any time. What it remembers of this life are the ends of
/// pilots, by which ``PilotPolicy`` learns whether it makes sense to go on.
public final class Factory {
  /// The wishes of the site.
  public struct Settings: Sendable {
    /// The name of the factory in the spool.
    public var name: Name
    /// The name of the batch system.
    public var kind: String
    /// The batch system.
    public var engine: any BatchEngine
    /// The script of a batch job.
    public var script: BatchScript
    /// The options for the program that hands in batch jobs.
    public var options: [String] = []
    /// The room of each pilot. Its lifetime is that of the pilot, not of the batch job.
    public var room: PilotRoom
    /// The most batch jobs at a time.
    public var most: Int
    /// The time after which the batch system ends a batch job; nil for no limit.
    public var wall: Duration?
    /// The time from a TERM to a pilot's end, at most.
    public var grace: Duration
    /// The time between two looks.
    public var interval: Duration
    /// True for one look alone.
    public var isOnce = false
    /// The command that runs a pilot, without its label.
    public var command: [String]

    /// Makes settings.
    public init(
      name: Name, kind: String, engine: any BatchEngine, script: BatchScript, room: PilotRoom,
      most: Int, wall: Duration?, grace: Duration, interval: Duration, command: [String]
    ) {
      self.name = name
      self.kind = kind
      self.engine = engine
      self.script = script
      self.room = room
      self.most = most
      self.wall = wall
      self.grace = grace
      self.interval = interval
      self.command = command
    }
  }

  /// The parts of the world that a factory needs, besides the spool.
  public struct Seams {
    /// The clocks.
    public var time: any TimeSource
    /// The source of names.
    public var random: any RandomNumberGenerator
    /// Runs a program of the batch system to its end.
    public var call: (BatchCall) -> BatchAnswer
    /// Returns true if a process of this host is gone; nil if that cannot be known.
    public var isGone: (JSON) -> Bool?
    /// The host.
    public var host: String
    /// The version of Spool.
    public var version: String
    /// The process, as in ``FactoryRecord``.
    public var process: JSON
    /// Tells the operator something, in one line.
    public var say: (String) -> Void

    /// Makes seams.
    public init(
      time: any TimeSource, random: any RandomNumberGenerator,
      call: @escaping (BatchCall) -> BatchAnswer, isGone: @escaping (JSON) -> Bool?, host: String,
      version: String, process: JSON, say: @escaping (String) -> Void
    ) {
      self.time = time
      self.random = random
      self.call = call
      self.isGone = isGone
      self.host = host
      self.version = version
      self.process = process
      self.say = say
    }
  }

  /// The end of a factory that makes no sense to go on.
  public struct GivenUp: Error, Equatable, CustomStringConvertible {
    /// The reason, in words.
    public var description: String
  }

  /// The outcome of a step.
  public enum Outcome: Equatable, Sendable {
    /// It has looked, and done what was to do.
    case looked
    /// Another factory of this name lives.
    case standby
    /// Another may live, and must stand still first.
    case waiting
  }

  private let spool: Spool
  private let settings: Settings
  private var seams: Seams
  private let lease: FactoryLease
  private var record: FactoryRecord
  private var policy: PilotPolicy
  private var fates = PilotFates()
  private var said: [String: String] = [:]
  private var hasStarted = false
  private var hasLooked = false
  /// The last death of a pilot, in words.
  private var lastDeath = ""

  /// Makes a factory that has done nothing.
  public init(_ spool: Spool, _ settings: Settings, _ seams: Seams) {
    self.spool = spool
    self.settings = settings
    self.seams = seams
    var random = seams.random
    let id = UInt32.random(in: .min ... .max, using: &random).hex
    self.seams.random = random
    record = FactoryRecord(
      factory: settings.name, engine: settings.kind, host: seams.host, version: seams.version,
      id: id, process: seams.process, at: seams.time.timestamp, room: settings.room,
      most: settings.most)
    policy = PilotPolicy(
      most: settings.most, pause: settings.interval * 2, isOnce: settings.isOnce)
    lease = FactoryLease(
      spool, record, patience: max(.seconds(5), settings.interval * 5 / 2), time: seams.time,
      isGone: seams.isGone)
  }

  /// The beginning of the names of this factory's batch jobs. The spool's path is in it, because a user
  /// may have several spools.
  public static func prefix(_ name: Name, in spool: Spool) -> String {
    "spool-\(name)-\(CRC32.hex(Array(spool.layout.root.utf8)))-"
  }

  private var prefix: String { Self.prefix(settings.name, in: spool) }

  // MARK: A step

  /// Takes one step: looks at the backlog, the pilots and the batch system's list, and starts or cancels
  /// batch jobs. Throws ``GivenUp`` where it makes no sense to go on.
  public func step() throws -> Outcome {
    do {
      try spool.makeFactoryDirectories(settings.name)
      switch try lease.step() {
      case .standby(let other):
        say(
          "standby",
          "another factory \(settings.name) is at work\(Self.whereabouts(other)); "
            + "this one stands by")
        return .standby
      case .waiting(let other):
        say(
          "standby", "waiting whether the factory \(settings.name)\(Self.whereabouts(other)) lives")
        return .waiting
      case .mine: say("standby", nil)
      }
      try look()
      return .looked
    } catch let error as FileError {
      say("files", "\(error)")
      return .looked
    }
  }

  private static func whereabouts(_ other: FactoryRecord?) -> String {
    guard let other else { return "" }
    let pid = ProcessRecord(other.process).map { ", process \($0.pid)" } ?? ""
    return " on \(other.host)\(pid)"
  }

  private func look() throws {
    record.state = .working
    record.reason = nil
    defer { beat() }
    guard let jobs = list() else { return }
    let pilots = livingPilots()
    try learn(jobs, pilots)
    guard let backlog = backlog() else { return }
    let look = weigh(backlog, jobs, pilots)
    let decision = policy.decide(look, at: seams.time.instant)
    cancel(decision.cancel, jobs)
    if decision.isOver { throw giveUp() }
    try start(decision.start)
    say("files", nil)
  }

  /// Writes the heartbeat, which others read.
  private func beat() {
    record.counter += 1
    record.at = seams.time.timestamp
    do throws(FileError) {
      try spool.write(record)
    } catch {
      say("files", "\(error)")
    }
  }

  /// Ends in good order: the pilots go on.
  public func end() {
    if record.state != .stopped {
      record.state = .ended
      record.reason = nil
    }
    if case .mine? = try? lease.step() { beat() }
    lease.release()
  }

  // MARK: What there is

  /// Returns the batch jobs of this factory; nil where the batch system does not tell: nothing is started
  /// blindly.
  private func list() -> [BatchJob]? {
    let call = settings.engine.listing(prefix: prefix)
    let answer = seams.call(call)
    let program = call.arguments.first ?? ""
    guard answer.isGood else {
      wait("\(program) does not list the batch jobs: \(answer.words)")
      return nil
    }
    guard let jobs = settings.engine.jobs(listed: answer.text, prefix: prefix) else {
      wait("\(program) printed what Spool does not understand: \(answer.words)")
      return nil
    }
    say("waiting", nil)
    return jobs
  }

  private func wait(_ reason: String) {
    record.state = .waiting
    record.reason = PilotRecord.reason(reason)
    say("waiting", reason)
  }

  private func livingPilots() -> [PilotRecord] {
    let names = (try? spool.running(fresh: true).pilots) ?? []
    return names.sorted().compactMap { spool.heartbeat(of: $0) }
      .filter { seams.isGone($0.process) != true }
  }

  /// Returns the backlog, if the watcher lives that wrote it.
  private func backlog() -> Backlog? {
    guard let watcher = spool.watcherRecord(), !watcher.isClean,
      seams.isGone(watcher.process) != true
    else {
      wait("no watcher is alive: start one with `spool watch`")
      return nil
    }
    let age = seams.time.timestamp - watcher.at
    if seams.isGone(watcher.process) == nil, age > max(.seconds(60), spool.config.deadAfter * 2) {
      wait("the watcher on \(watcher.host) was last heard of \(Units.text(age)) ago")
      return nil
    }
    guard let backlog = spool.readBacklog(), backlog.epoch == watcher.epoch else {
      wait("the watcher has not told the backlog yet (backlog.json)")
      return nil
    }
    let misfit = Packing.misfit(backlog, settings.room)
    record.reason = misfit.map(PilotRecord.reason)
    say("misfit", misfit)
    return backlog
  }

  /// Returns how many pilots are there, how many the backlog could use, and what is too much.
  private func weigh(
    _ backlog: Backlog, _ jobs: [BatchJob], _ pilots: [PilotRecord]
  ) -> PilotPolicy.Look {
    let live = jobs.filter(\.isLive)
    let names = Set(live.map(\.name))
    var packing = Packing(backlog)
    var atWork = 0
    for pilot in pilots {
      packing.fill(pilot, at: seams.time.timestamp)
      if let label = pilot.label, names.contains(label), pilot.state == .active { atWork += 1 }
    }
    let registered = Set(pilots.compactMap(\.label))
    let coming = live.filter { !registered.contains($0.name) }.count + fates.unlisted(jobs)
    let others = (try? spool.allFactories()) ?? []
    for other in others where other.factory != settings.name && isLive(other) {
      for _ in 0..<min(other.queued, 10_000) { _ = packing.fill(other.room) }
    }
    var useless = 0
    for _ in 0..<coming where packing.fill(settings.room) == 0 { useless += 1 }
    let missing = packing.count(of: settings.room, atMost: settings.most)
    let queued = live.count { $0.state != .running }
    record.queued = queued + fates.unlisted(jobs)
    record.running = live.count - queued
    record.wanted = max(0, record.queued + record.running - useless) + missing
    return PilotPolicy.Look(
      missing: missing, surplus: useless, queued: queued,
      running: record.queued - queued + record.running, atWork: atWork)
  }

  private func isLive(_ other: FactoryRecord) -> Bool {
    [.working, .waiting].contains(other.state) && seams.isGone(other.process) != true
      && seams.time.timestamp - other.at < .seconds(600)
  }

  // MARK: What has become of pilots

  /// Learns of pilots that have a job, and of batch jobs that have ended.
  private func learn(_ jobs: [BatchJob], _ pilots: [PilotRecord]) throws(FileError) {
    if settings.isOnce, !hasLooked { try recall(jobs) }
    hasLooked = true
    tell(jobs)
    let now = seams.time.instant
    var news = false
    for end in fates.ended(jobs) {
      let log = try spool.readFactoryLog(settings.name, job: end.name)
      switch fates.judge(end, log: log) {
      case .good?: news = true
      case .death(let words)?: noteDeath(end.name, words, at: now)
      case nil: break
      }
    }
    for pilot in pilots where pilot.jobs > 0 {
      if let label = pilot.label, label.hasPrefix(prefix), fates.noteJob(label) { news = true }
    }
    if news { policy.noteSuccess() }
    try pruneLogs(jobs)
  }

  private func noteDeath(_ name: String, _ words: String, at moment: Instant) {
    policy.noteDeath(at: moment)
    lastDeath = "\(name): \(words)"
    seams.say("a pilot died without a job: \(lastDeath)")
    note(lastDeath)
  }

  /// The time for which a single look goes back.
  private static let memory = Duration.seconds(3600)

  /// Learns what became of the pilots of the last hour, from their logs: a single look has seen nothing
  /// itself.
  private func recall(_ jobs: [BatchJob]) throws(FileError) {
    let live = Set(jobs.filter(\.isLive).map(\.name))
    let words = Dictionary(jobs.map { ($0.name, $0.words) }) { first, _ in first }
    let logs = try spool.factoryLogs(settings.name).sorted { $0.at < $1.at }
    for log in logs where log.job.hasPrefix(prefix) && !live.contains(log.job) {
      let age = max(.zero, seams.time.timestamp - log.at)
      guard age < Self.memory else { continue }
      let text = try spool.readFactoryLog(settings.name, job: log.job)
      switch fates.judge(PilotFates.End(name: log.job, words: words[log.job] ?? nil), log: text) {
      case .good?: policy.noteSuccess()
      case .death(let words)?: noteDeath(log.job, words, at: seams.time.instant - age)
      case nil: break
      }
    }
    for job in jobs where job.state == .failed {
      let end = PilotFates.End(name: job.name, words: job.words)
      guard case .death(let words)? = fates.judge(end, log: nil) else { continue }
      noteDeath(job.name, words, at: seams.time.instant)
    }
  }

  /// The most logs of ended pilots that are kept (R10).
  private static let mostLogs = 200

  private func pruneLogs(_ jobs: [BatchJob]) throws(FileError) {
    guard policy.row == 0 || settings.isOnce else { return }
    let live = Set(jobs.filter(\.isLive).map(\.name))
    let logs = try spool.factoryLogs(settings.name).filter { !live.contains($0.job) }
    guard logs.count > Self.mostLogs else { return }
    for log in logs.sorted(by: { $0.at < $1.at }).prefix(min(logs.count - Self.mostLogs, 100)) {
      try spool.removeFactoryLog(settings.name, job: log.job)
    }
  }

  /// Tells of batch jobs that are held, in the batch system's words.
  private func tell(_ jobs: [BatchJob]) {
    let held = jobs.filter { $0.state == .held }
    let words = Set(held.compactMap(\.words)).sorted().joined(separator: "; ")
    let text = held.isEmpty ? nil : "\(settings.kind) holds \(held.count) batch jobs: \(words)"
    if said["held"] != text, let text { note(text) }
    say("held", text)
  }

  /// Returns the end of this factory, which its record shows.
  private func giveUp() -> GivenUp {
    let reason =
      "\(policy.row) pilots in a row died without a job; the last: \(lastDeath). Their logs are in "
      + "\(spool.place(ofFactoryLogs: settings.name)); mend it, and start the factory again"
    record.state = .stopped
    record.reason = PilotRecord.reason(reason)
    return GivenUp(description: reason)
  }

  // MARK: Starting and cancelling

  private func request() -> BatchRequest {
    let name = prefix + UInt32.random(in: .min ... .max, using: &seams.random).hex
    return BatchRequest(
      name: name, log: spool.factoryLog(settings.name, job: name), room: settings.room,
      wall: settings.wall, grace: settings.grace, command: settings.command + ["--label", name])
  }

  /// Returns the script of a batch job, and the call that would hand it in.
  public func example() -> (call: BatchCall, script: String) {
    let request = request()
    let script = settings.script.filled(for: request, by: settings.engine)
    let call = settings.engine.submission(of: script, request, options: settings.options)
    return (call, script)
  }

  private func start(_ count: Int) throws {
    var started = 0
    defer {
      if started > 0 {
        hasStarted = true
        policy.noteAcceptance()
        record.queued += started
        seams.say(
          "started \(started) pilots; the backlog could use \(record.wanted), "
            + "\(record.queued + record.running) are there")
      }
    }
    for _ in 0..<count {
      let request = request()
      let script = settings.script.filled(for: request, by: settings.engine)
      let call = settings.engine.submission(of: script, request, options: settings.options)
      let answer = seams.call(call)
      guard answer.isGood, settings.engine.id(submitted: answer.text) != nil else {
        let program = "\(call.arguments.first ?? ""): "
        let words = answer.words.hasPrefix(program) ? answer.words : program + answer.words
        return try noteRefusal(words, started)
      }
      fates.noteStart(request.name)
      started += 1
    }
    if count > 0 { say("refused", nil) }
  }

  /// Takes in a refusal. The first one of all is a mistake in the options, which nobody but the user can
  /// mend.
  private func noteRefusal(_ words: String, _ started: Int) throws {
    policy.noteRefusal(at: seams.time.instant)
    note(words)
    let isFirst = !hasStarted && started == 0 && record.running + record.queued == 0
    record.state = isFirst ? .stopped : .waiting
    record.reason = PilotRecord.reason("a batch job was refused: \(words)")
    if isFirst { throw GivenUp(description: "the batch job was refused: \(words)") }
    say("refused", "a batch job was refused, and is tried again: \(words)")
  }

  /// Cancels queued batch jobs, those that came last first.
  private func cancel(_ count: Int, _ jobs: [BatchJob]) {
    let last = jobs.filter { $0.state == .queued || $0.state == .held }.suffix(count)
    guard !last.isEmpty else { return }
    let call = settings.engine.cancellation(of: last.map(\.id))
    let answer = seams.call(call)
    for job in last { fates.noteCancel(job.name) }
    if answer.isGood {
      record.queued -= last.count
      seams.say("took back \(last.count) queued batch jobs: the backlog has no use for them")
    } else {
      say("cancel", "\(call.arguments.first ?? ""): \(answer.words)")
    }
  }

  // MARK: Words

  /// Says something once, until something else is said about the same; nil ends it.
  private func say(_ about: String, _ text: String?) {
    guard said[about] != text else { return }
    said[about] = text
    if let text { seams.say(text) }
  }

  /// Keeps what the batch system said for the record.
  private func note(_ words: String) {
    let words = PilotRecord.reason(words)
    record.told.removeAll { $0 == words }
    record.told = Array((record.told + [words]).suffix(5))
  }
}

extension Packing {
  /// Fills a pilot that is there: first with what it runs, then, if it takes more jobs, with those that
  /// end within its life.
  mutating func fill(_ pilot: PilotRecord, at now: Timestamp) {
    var used = pilot.room
    used.cpus -= pilot.freeCpus
    used.memory -= pilot.freeMemory
    used.gpus -= pilot.freeGpus
    if used.cpus > 0 { _ = fill(used) }
    guard pilot.state == .active, pilot.freeCpus > 0 else { return }
    var free = pilot.room
    free.cpus = pilot.freeCpus
    free.memory = pilot.freeMemory
    free.gpus = pilot.freeGpus
    free.lifetime = pilot.ends.map { max(.zero, $0 - now) }
    _ = fill(free)
  }
}
