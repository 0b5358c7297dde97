public import SpoolModel
public import SpoolStore

/// A pilot: claims jobs that fit, runs their payloads, hands in their results.
///
/// It is a synchronous state machine that is stepped and never blocks on a payload: processes and
/// threads are behind its ``Seams``. A job goes through ``Claiming`` (R1), ``JobStages`` (R2, R3)
/// and leaves as a file in an inbox; ``Orders`` and ``Heart`` keep the pilot's standing with the
/// rest of the spool (R5).
public final class Pilot {
  /// The parts of the world that a pilot needs, besides the spool.
  public struct Seams {
    /// The clocks.
    public var time: any TimeSource
    /// Runs the payloads.
    public var runner: any PayloadRunner
    /// Reads and syncs inputs and outputs.
    public var digester: any FileDigester
    /// Lists the inputs of jobs over many files.
    public var lister: any InputLister
    /// The source of the pilot's name and of its choices among jobs.
    public var random: any RandomNumberGenerator
    /// The filesystem of the scratch directory.
    public var local: any FileSystem
    /// Tells the operator something, in one line.
    public var say: (String) -> Void

    /// Makes the seams of one pilot; none is shared with another pilot.
    public init(
      time: any TimeSource, runner: any PayloadRunner, digester: any FileDigester,
      lister: any InputLister, random: any RandomNumberGenerator, local: any FileSystem,
      say: @escaping (String) -> Void
    ) {
      self.time = time
      self.runner = runner
      self.digester = digester
      self.lister = lister
      self.random = random
      self.local = local
      self.say = say
    }
  }

  private let context: PilotContext
  private let heart: Heart
  private let absences: Absences
  private let orders: Orders
  private let table: JobTable
  private let stages: JobStages
  private let claiming: Claiming
  private var idleness = IdleWatch()

  /// Registers the pilot: from now on the watcher counts on its heartbeat (R5). Fails with what the
  /// filesystem refused.
  public init(_ spool: Spool, _ options: PilotOptions, _ seams: Seams) throws(FileError) {
    context = PilotContext(spool, options, seams)
    heart = Heart(context)
    absences = Absences(context)
    orders = Orders(context, heart, absences)
    table = JobTable(context)
    stages = JobStages(
      context, heart, absences, orders, table, runner: seams.runner, digester: seams.digester,
      lister: seams.lister)
    claiming = Claiming(context, heart, absences, orders, table, stages)
    try heart.register()
    absences.remember()
  }

  /// The pilot's present name. It gets another when the watcher has given it up (R5).
  public var name: PilotName { heart.name }

  /// The number of claimed jobs whose results are not handed in.
  public var load: Int { table.count }

  /// True if the pilot is to leave and has nothing left. After ``giveBack()`` it does not wait for ever
  /// for a filesystem that refuses results (R10): the watcher finds these in the pilot's directory, as
  /// it does when a pilot dies.
  public var isFinished: Bool {
    guard orders.standing.isDraining else { return false }
    if table.isEmpty { return true }
    guard orders.standing.isFarewellOver(at: context.now) else { return false }
    return table.jobs.allSatisfy { job in
      // The keeping of a checkpoint has an end of its own.
      if job.stage == .staging, job.isKeeping { return false }
      return ![.starting, .running].contains(job.stage) || job.end != nil
    }
  }

  /// Tells that the ready directory of a queue may have changed (R9), at that moment or later.
  public func hint(_ queue: Queue, at moment: Instant) { claiming.hint(queue, at: moment) }

  /// True unless all is taken. While it is false, hints may wait.
  public var hasRoom: Bool { !table.capacity.isFull }

  // MARK: A step

  /// Takes one step. Returns the time for which the shell may wait for something to happen.
  public func step() -> Duration {
    endLifetime()
    stages.takeLists()
    stages.takeDigests()
    // What ended makes room, which is used before the results are seen to: the cores wait for none.
    let ended = stages.takeEnded()
    claiming.claimMore()
    for job in ended { stages.settle(job) }
    claiming.stockMore()
    stages.retryIfDue()
    if context.now >= heart.nextBeat { beat() }
    stages.copyLiveLogs()
    lookForIdleness()
    context.troubles.look()
    return claiming.hasMore ? .zero : wait
  }

  /// The time until something is due, if nothing happens before.
  private var wait: Duration {
    let now = context.now
    var dues = [heart.nextBeat, orders.standing.nextDue(at: now)]
    if context.options.exitsWhenIdle, table.isEmpty { dues.append(idleness.nextLook) }
    dues += claiming.nextClaim(at: now)
    dues.append(stages.nextDue)
    dues.append(table.stock.nextDue)
    let next = dues.min() ?? .distantFuture
    return max(.milliseconds(1), next - now)
  }

  // MARK: The heart

  /// Beats, and follows what the pilot's directory shows: orders, and claims that came late or were
  /// taken (R1, R5).
  private func beat() {
    defer {
      let isWaiting = absences.isDoubting || claiming.hasUnreadable || !heart.isRegistered
      heart.scheduleNext(atMost: isWaiting ? Absences.interval : .seconds(86_400))
    }
    guard heart.isRegistered else { return register() }
    do throws(FileError) {
      try writeBeat()
      guard let found = try context.spool.directory(of: name) else { return doubtStanding() }
      absences.settleStanding()
      orders.obey(found, load: load)
      claiming.compare(found.claims)
      // What it found there is told at once.
      if heart.record.state != orders.standing.state { try writeBeat() }
    } catch {
      if error.isMissing {
        doubtStanding()
      } else {
        context.troubles.note(error, "the heartbeat")
      }
    }
  }

  private func writeBeat() throws(FileError) {
    heart.count()
    updateRecord()
    try heart.write()
  }

  private func updateRecord() {
    heart.update(orders.standing)
    heart.update(table, trouble: context.troubles.first)
  }

  /// Looks what it means that the heartbeat, or the directory, is missing: an outage, in which jobs
  /// run on, or the word of the watcher that this pilot is given up (R5).
  private func doubtStanding() {
    switch absences.look(for: name) {
    case .away, .whole: return
    case .withoutPilot:
      absences.settle(.heartbeat)
      if absences.isGone(.directory) { registerAnew() }
    case .withoutHeartbeat:
      absences.settle(.directory)
      if absences.isGone(.heartbeat) { restoreHeartbeat() }
    }
  }

  /// Makes the heartbeat anew in a directory that is still there: somebody removed the file, or it is
  /// on a part of the filesystem that is away. Registers anew where something of nobody's is in the
  /// directory: that is why a watcher that cleared it could not remove it.
  private func restoreHeartbeat() {
    do throws(FileError) {
      guard let found = try context.spool.directory(of: name) else { return }
      if found.hasForeign { return registerAnew() }
      try heart.restore()
      context.say("\(name)'s pilot.json was missing in running/; it is made anew")
    } catch {
      context.troubles.note(error, "the heartbeat")
    }
  }

  /// Ends all payloads and begins anew under another name: the watcher gave this pilot up (R5).
  private func registerAnew() {
    context.say("the watcher has given \(name) up; registering anew")
    stages.loseAll()
    table.stock.dropAll()
    absences.forget()
    orders.outliveDirectory()
    register()
  }

  /// Registers under another name. What the filesystem refuses is tried again at the next beat.
  private func register() {
    heart.rename()
    updateRecord()
    do throws(FileError) {
      try heart.registerAnew()
      absences.remember()
      orders.writeQuarantine()
    } catch {
      guard !error.isMissing || absences.look(for: name) != .away else { return }
      context.troubles.note(error, "the registration")
    }
  }

  // MARK: Leaving

  /// Claims nothing more, and lets what runs end.
  public func drain() { orders.leave() }

  /// Ends what runs and gives it back. Payloads have the grace that their tasks ask for, unless the
  /// pilot is hurried.
  public func giveBack(isHurried: Bool = false) {
    orders.giveBack(grace: stages.giveBack(isHurried: isHurried))
  }

  /// Leaves the spool, once finished. Fails with what the filesystem refused; the watcher then
  /// removes the directory.
  public func leave() throws(FileError) { _ = try context.spool.unregister(name) }

  /// Gives back what still runs at the end of the pilot's lifetime.
  private func endLifetime() {
    guard orders.expire() else { return }
    context.say("its lifetime is over: giving back \(load) jobs")
    giveBack()
  }

  /// Looks whether there is anything to do, if the pilot is to leave when idle and has no job.
  private func lookForIdleness() {
    guard context.options.exitsWhenIdle, !orders.standing.isDraining else { return }
    guard table.isEmpty else { return idleness.noteBusy() }
    let now = context.now
    guard now >= idleness.nextLook else { return }
    // Where the filesystem refuses to tell, there may be something.
    let hasWork = (try? context.spool.hasWork()) ?? true
    guard let reason = idleness.look(at: now, hasWork: hasWork) else { return }
    context.say("leaving: \(reason)")
    drain()
  }
}
