import SpoolFactory
import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

/// A spool in memory with a watcher's pages, a fake Slurm, and factories on a clock that the test moves.
private final class Site {
  let files = MemoryFileSystem()
  let time = ManualTime()
  let spool: Spool
  let slurm: FakeSlurm
  var said: [String] = []
  var dead: Set<Int> = []
  private var lives = 0

  init(jobs: Int = 100) throws {
    try Spool.create("/spool", files: files)
    spool = try Spool.open("/spool", files: files)
    slurm = FakeSlurm(spool, files, try #require(Name("slurm")))
    try watch()
    try publish(jobs)
  }

  /// A watcher's heartbeat, whose process is number 999.
  func watch(epoch: Int = 1, clean: Bool = false) throws {
    var record = WatcherRecord(
      epoch: epoch, id: "5be0a1f3", host: "n0", version: "1", process: ["pid": 999],
      at: time.timestamp)
    record.isClean = clean
    try files.replace(spool.layout.watcher, SealedJSON.encode(record.json))
  }

  func publish(_ waiting: Int, running: Int = 0) throws {
    try spool.write(backlog(need(waiting: waiting, running: running)))
  }

  func factory(most: Int = 50, once: Bool = false) throws -> Factory {
    lives += 1
    let offer = room(2, lifetime: .seconds(7000))
    var settings = Factory.Settings(
      name: try #require(Name("slurm")), kind: "slurm", engine: SlurmEngine(),
      script: try BatchScript(for: SlurmEngine()), room: offer, most: most, wall: .seconds(7200),
      grace: .seconds(30), interval: .seconds(30), command: ["spool", "pilot"])
    settings.isOnce = once
    let seams = Factory.Seams(
      time: time, random: SeededRandom(lives), call: { [self] in slurm.call($0) },
      isGone: { [self] process in process["pid"]?.integer.map { dead.contains($0) } }, host: "n0",
      version: "1", process: ["pid": .integer(lives)], say: { [self] in said.append($0) })
    return Factory(spool, settings, seams)
  }

  /// A look, half a minute after the one before.
  @discardableResult func look(_ factory: Factory) throws -> Factory.Outcome {
    time.advance(30_000)
    try watch()
    return try factory.step()
  }

  var record: FactoryRecord? { Name("slurm").flatMap { spool.factory($0) } }
}

struct FactoryTests {
  /// From no pilot to as many as the backlog needs, and to none.
  @Test func fromNoneToNone() throws {
    let site = try Site(jobs: 20)
    let factory = try site.factory()
    try site.look(factory)
    #expect(site.slurm.queued.count == 3)
    for job in site.slurm.queued { try site.slurm.begin(job.name) }
    try site.publish(17, running: 3)
    try site.look(factory)
    #expect(site.slurm.live.count == 9)
    for job in site.slurm.queued { try site.slurm.begin(job.name) }
    try site.publish(2, running: 18)
    try site.look(factory)
    #expect(site.slurm.live.count == 10, "20 jobs fill 10 pilots of two cores")
    try site.look(factory)
    #expect(site.slurm.live.count == 10)
    #expect(site.record?.running == 9 && site.record?.queued == 1)
    try site.publish(0)
    for job in site.slurm.live where job.state == "RUNNING" { try site.slurm.leave(job.name) }
    for _ in 1...3 { try site.look(factory) }
    #expect(site.slurm.live.isEmpty, "the one that waits for nothing is taken back")
    #expect(site.said.contains { $0.contains("took back 1") })
  }

  @Test func neverMoreThanTheMost() throws {
    let site = try Site(jobs: 1000)
    let factory = try site.factory(most: 4)
    for _ in 1...10 {
      try site.look(factory)
      for job in site.slurm.queued { try site.slurm.begin(job.name) }
      #expect(site.slurm.live.count <= 4)
    }
    #expect(site.slurm.live.count == 4)
  }

  /// Pilots that somebody else started do the work, too.
  @Test func foreignPilotsCount() throws {
    let site = try Site(jobs: 6)
    var record = PilotRecord(
      pilot: PilotName(host: "x", random: 1), host: "x", version: "1", process: .null,
      queues: [.cpu], tags: [], cpus: 4, memory: 8_000_000_000, gpus: 0,
      started: Timestamp(milliseconds: 0))
    try site.spool.register(record)
    let factory = try site.factory()
    try site.look(factory)
    #expect(site.slurm.live.count == 1)
    // One that takes no more is of no use.
    record.state = .draining
    try site.spool.beat(record)
    for _ in 1...3 { try site.look(factory) }
    #expect(site.slurm.live.count == 3)
  }

  /// A pilot whose life is nearly over does not count for jobs that would outlast it.
  @Test func dyingPilotsDoNotCount() throws {
    let site = try Site(jobs: 4)
    var record = PilotRecord(
      pilot: PilotName(host: "x", random: 1), host: "x", version: "1", process: .null,
      queues: [.cpu], tags: [], cpus: 4, memory: 8_000_000_000, gpus: 0,
      started: site.time.timestamp)
    record.ends = site.time.timestamp + .seconds(100)
    try site.spool.register(record)
    try site.look(try site.factory())
    #expect(site.slurm.live.count == 2)
  }

  /// Killed and started again, it goes on from the batch system's list.
  @Test func startedAgain() throws {
    let site = try Site(jobs: 20)
    try site.look(try site.factory())
    #expect(site.slurm.live.count == 3)
    for job in site.slurm.queued { try site.slurm.begin(job.name) }
    site.dead.insert(1)
    // The kernel frees the lock of a process that is gone.
    try site.files.remove(site.spool.layout.root + "/running/@factories/slurm.lock")
    #expect(try site.look(try site.factory()) == .looked)
    #expect(site.slurm.live.count == 9)
  }

  /// One that was killed on another host must stand still for a while.
  @Test func startedOnAnotherHost() throws {
    let site = try Site(jobs: 20)
    try site.look(try site.factory())
    try site.files.remove(site.spool.layout.root + "/running/@factories/slurm.lock")
    let next = try site.factory()
    for _ in 1...3 { #expect(try site.look(next) == .waiting) }
    #expect(try site.look(next) == .looked)
    #expect(site.slurm.live.count == 3)
  }

  /// Where the filesystem grants the lock twice, the record that moves decides.
  @Test func aLockThatIsGrantedTwice() throws {
    let site = try Site(jobs: 20)
    let first = try site.factory()
    try site.look(first)
    try site.files.remove(site.spool.layout.root + "/running/@factories/slurm.lock")
    let second = try site.factory()
    #expect(try site.look(second) == .waiting)
    for _ in 1...5 {
      try site.look(first)
      #expect(try site.look(second) == .standby)
    }
    #expect(site.slurm.scripts.count == 3)
  }

  /// A second factory of the name stands by while the first one lives, and takes over after it.
  @Test func twice() throws {
    let site = try Site(jobs: 20)
    let first = try site.factory()
    let second = try site.factory()
    try site.look(first)
    #expect(try site.look(second) == .standby)
    try site.look(first)
    #expect(try site.look(second) == .standby)
    #expect(site.slurm.live.count == 3)
    first.end()
    #expect(site.record?.state == .ended)
    for job in site.slurm.queued { try site.slurm.begin(job.name) }
    #expect(try site.look(second) == .looked)
    #expect(site.slurm.live.count == 9)
  }

  /// Three that die in a row are the end, told with the pilot's last words; what waits is taken back.
  @Test func pilotsThatDie() throws {
    let site = try Site(jobs: 100)
    let factory = try site.factory()
    try site.look(factory)
    for job in site.slurm.queued.prefix(2) { try site.slurm.die(job.name, "spool: not found") }
    try site.look(factory)
    #expect(site.slurm.live.count == 1, "nothing more is started")
    for job in site.slurm.queued { try site.slurm.die(job.name, "spool: not found") }
    #expect(throws: Factory.GivenUp.self) { try site.look(factory) }
    factory.end()
    #expect(site.slurm.live.isEmpty && site.slurm.scripts.count == 3)
    let record = try #require(site.record)
    #expect(record.state == .stopped)
    #expect(record.reason?.contains("3 pilots in a row") == true)
    #expect(record.reason?.contains("NonZeroExitCode; spool: not found") == true)
  }

  /// Pilots that die after they had a job, or leave without one, are no fault.
  @Test func othersThatEnd() throws {
    let site = try Site(jobs: 100)
    let factory = try site.factory()
    for round in 0..<6 {
      try site.look(factory)
      for job in site.slurm.queued {
        try site.slurm.begin(job.name, jobs: round % 2)
        if round % 2 == 1 {
          try site.slurm.die(job.name, "\(PilotWords.firstJob) x\nkilled")
        } else {
          try site.slurm.leave(job.name)
        }
      }
    }
    #expect(!site.said.contains { $0.contains("died") })
    #expect(site.slurm.scripts.count > 12)
  }

  /// Batch jobs that a user cancels before they begin are no pilots that die.
  @Test func cancelledByTheUser() throws {
    let site = try Site(jobs: 100)
    let factory = try site.factory()
    for _ in 1...4 {
      try site.look(factory)
      let ids = site.slurm.queued.map { "\($0.id)" }
      _ = site.slurm.call(BatchCall(["scancel"] + ids))
    }
    #expect(!site.said.contains { $0.contains("died") })
    #expect(site.slurm.scripts.count == 12)
  }

  @Test func refusedAtFirst() throws {
    let site = try Site()
    let factory = try site.factory()
    site.slurm.refusal = "sbatch: error: invalid partition specified: nope\n"
    let error = #expect(throws: Factory.GivenUp.self) { try site.look(factory) }
    #expect(error?.description.contains("sbatch: error: invalid partition specified: nope") == true)
    #expect(site.record?.state == .stopped)
  }

  /// A refusal while others run is told, and tried again later.
  @Test func refusedLater() throws {
    let site = try Site()
    let factory = try site.factory()
    try site.look(factory)
    for job in site.slurm.queued { try site.slurm.begin(job.name) }
    site.slurm.refusal = "sbatch: error: QOSMaxSubmitJobPerUserLimit\n"
    try site.look(factory)
    #expect(site.record?.state == .waiting)
    #expect(site.record?.told.first?.contains("QOSMaxSubmitJobPerUserLimit") == true)
    site.slurm.refusal = nil
    try site.look(factory)
    #expect(site.slurm.live.count == 3)
    try site.look(factory)
    #expect(site.slurm.live.count == 9)
  }

  /// Batch jobs that are held are told in Slurm's words, and no more are handed in for them.
  @Test func held() throws {
    let site = try Site()
    let factory = try site.factory()
    try site.look(factory)
    for job in site.slurm.queued { site.slurm.hold(job.name, "JobHeldAdmin") }
    for _ in 1...5 { try site.look(factory) }
    #expect(site.slurm.live.count == 3)
    #expect(site.record?.told == ["slurm holds 3 batch jobs: JobHeldAdmin"])
  }

  @Test func nothingIsStartedBlindly() throws {
    let site = try Site()
    let factory = try site.factory()
    site.slurm.silence = "slurm_load_jobs error: Unable to contact slurm controller"
    try site.look(factory)
    #expect(site.record?.reason?.contains("Unable to contact slurm controller") == true)
    site.slurm.silence = nil
    try site.spool.write(Backlog(epoch: 7, needs: [need(waiting: 9)]))
    try site.look(factory)
    #expect(site.record?.reason?.contains("not told the backlog") == true)
    try site.publish(9)
    site.dead.insert(999)
    try site.look(factory)
    #expect(site.record?.reason?.contains("no watcher is alive") == true)
    #expect(site.slurm.scripts.isEmpty)
    site.dead = []
    try site.look(factory)
    #expect(site.slurm.live.count == 3)
    #expect(site.record?.state == .working)
  }

  /// What no pilot can run is told, and no pilot is started for it.
  @Test func jobsThatFitNoPilot() throws {
    let site = try Site(jobs: 0)
    try site.spool.write(backlog(need(cores: 64, waiting: 40)))
    try site.look(try site.factory())
    #expect(site.slurm.scripts.isEmpty)
    #expect(site.record?.reason?.contains("40 jobs fit no pilot of this factory") == true)
  }

  /// The whole of a cluster's life at random: batch jobs begin, die, leave or are cancelled.
  @Test(arguments: 1...60) func aRandomLife(seed: Int) throws {
    var random = SeededRandom(seed)
    let site = try Site(jobs: 0)
    var left = Int.random(in: 1...150, using: &random)
    let factory = try site.factory(most: Int.random(in: 1...20, using: &random))
    var isOver = false
    for _ in 0..<300 {
      let running = site.slurm.live.filter { $0.state == "RUNNING" }
      try site.publish(max(0, left - running.count), running: min(left, running.count))
      do {
        if !isOver { try site.look(factory) }
      } catch { isOver = true }
      #expect(site.slurm.live.count <= 20)
      left = max(0, left - running.count)
      for job in site.slurm.queued where Bool.random(using: &random) {
        if Int.random(in: 0..<10, using: &random) == 0 {
          try site.slurm.die(job.name, "bad node")
        } else {
          try site.slurm.begin(job.name)
        }
      }
      for job in running where left == 0 || Int.random(in: 0..<20, using: &random) == 0 {
        try site.slurm.leave(job.name)
      }
    }
    #expect(isOver || left == 0)
    #expect(isOver || site.slurm.live.isEmpty, "\(site.slurm.live.count)")
    #expect(site.slurm.queued.isEmpty)
  }
}
