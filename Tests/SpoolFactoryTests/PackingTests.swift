import SpoolFactory
import SpoolModel
import SpoolTesting
import Testing

/// A backlog of one need.
func backlog(_ needs: Backlog.Need...) -> Backlog { Backlog(epoch: 1, needs: needs) }

/// Jobs that need so much.
func need(
  cores: Int = 1, memory: Int = 1000, gpus: Int = 0, tags: [String] = [],
  wall: Duration = .seconds(600),
  waiting: Int = 0, running: Int = 0, mean: Duration? = nil
) -> Backlog.Need {
  let shape = Shape(
    queue: gpus > 0 ? .gpu : .cpu, cores: cores, memory: memory, gpus: gpus, tags: tags)
  var need = Backlog.Need(shape, wall: wall)
  need.waiting = waiting
  need.running = running
  need.mean = mean
  return need
}

/// A pilot of so many cores, with 2 GB for each.
func room(_ cpus: Int, gpus: Int = 0, tags: [String] = [], lifetime: Duration? = nil) -> PilotRoom {
  PilotRoom(
    queues: gpus > 0 ? [.gpu, .cpu] : [.cpu], tags: tags, cpus: cpus, memory: cpus * 2_000_000_000,
    gpus: gpus, lifetime: lifetime)
}

struct PackingTests {
  private func count(_ backlog: Backlog, _ room: PilotRoom, atMost most: Int = 1000) -> Int {
    var packing = Packing(backlog)
    return packing.count(of: room, atMost: most)
  }

  @Test func noJobsNeedNoPilot() {
    #expect(count(backlog(), room(4)) == 0)
    #expect(count(backlog(need()), room(4)) == 0)
  }

  @Test(arguments: [(1, 1), (4, 1), (5, 2), (8, 2), (9, 3), (1000, 250)])
  func jobsOfACoreFillPilots(jobs: Int, pilots: Int) {
    #expect(count(backlog(need(waiting: jobs)), room(4)) == pilots)
  }

  /// Three cores of four are a pilot, and what is left of it takes small jobs.
  @Test func smallJobsFillWhatLargeOnesLeave() {
    #expect(count(backlog(need(cores: 3, waiting: 10)), room(4)) == 10)
    #expect(count(backlog(need(cores: 3, waiting: 10), need(waiting: 10)), room(4)) == 10)
    #expect(count(backlog(need(cores: 3, waiting: 10), need(waiting: 14)), room(4)) == 11)
  }

  @Test func memoryCounts() {
    // 4 × 2 GB hold two jobs of 3 GB.
    #expect(count(backlog(need(memory: 3000, waiting: 6)), room(4)) == 3)
  }

  @Test func gpusAndTagsCount() {
    let jobs = backlog(need(gpus: 1, waiting: 6))
    #expect(count(jobs, room(4)) == 0)
    #expect(count(jobs, room(4, gpus: 2)) == 3)
    let tagged = backlog(need(tags: ["avx2"], waiting: 6))
    #expect(count(tagged, room(4)) == 0)
    #expect(count(tagged, room(4, tags: ["avx2", "ssd"])) == 2)
  }

  /// A pilot whose life is shorter than a job's wall time never takes it.
  @Test func jobsThatOutlastThePilotDoNotCount() {
    let jobs = backlog(need(wall: .seconds(3600), waiting: 6))
    #expect(count(jobs, room(4, lifetime: .seconds(3599))) == 0)
    #expect(count(jobs, room(4, lifetime: .seconds(3600))) == 2)
    #expect(Packing.misfit(jobs, room(4, lifetime: .seconds(60)))?.contains("1h 00m") == true)
    #expect(Packing.misfit(jobs, room(4)) == nil)
    #expect(
      Packing.misfit(backlog(need(cores: 8, waiting: 6)), room(4))?.contains("8 cores") == true)
  }

  /// Short jobs share a slot: a pilot is not started for seconds of work.
  @Test func shortJobsShareSlots() {
    let second = Duration.seconds(1)
    #expect(count(backlog(need(waiting: 1000, mean: second)), room(4)) == 5)
    #expect(count(backlog(need(waiting: 1, mean: second)), room(4)) == 1)
    #expect(count(backlog(need(waiting: 1000, mean: .zero)), room(4)) == 1)
    #expect(count(backlog(need(waiting: 1000, mean: .seconds(61))), room(4)) == 250)
    // Short ones that run are over soon, and long ones have slots of their own.
    #expect(count(backlog(need(waiting: 60, running: 4, mean: second)), room(4)) == 1)
    #expect(count(backlog(need(waiting: 4, running: 4, mean: .seconds(60))), room(4)) == 2)
  }

  @Test func roomsThatAreThereTakeTheirShare() {
    var packing = Packing(backlog(need(cores: 2, waiting: 10), need(waiting: 3)))
    #expect(packing.fill(room(4)) == 2)
    #expect(packing.fill(room(1)) == 1)
    #expect(packing.left == 10)
    #expect(packing.count(of: room(4), atMost: 3) == 3)
    #expect(packing.left == 4)
    #expect(packing.count(of: room(4), atMost: 100) == 2)
    #expect(packing.fill(room(4)) == 0)
  }

  /// A huge backlog costs no more than a small one, and nothing overflows.
  @Test func hugeNumbers() {
    let jobs = backlog(need(waiting: .max, running: .max), need(cores: 2, waiting: .max))
    #expect(count(jobs, room(4), atMost: 50) == 50)
    #expect(count(backlog(need(waiting: .max, mean: .milliseconds(1))), room(4), atMost: 50) == 50)
  }

  /// Random backlogs and rooms: all jobs that fit are packed, no room is over-full, and no pilot is
  /// empty.
  @Test func randomBacklogs() throws {
    for seed in 1...300 {
      var random = SeededRandom(seed)
      let needs = (0..<Int.random(in: 1...6, using: &random)).map { _ in
        need(
          cores: Int.random(in: 1...5, using: &random),
          memory: Int.random(in: 1...6000, using: &random),
          waiting: Int.random(in: 0...200, using: &random))
      }
      let offer = room(Int.random(in: 1...8, using: &random))
      let all = Backlog(epoch: 1, needs: needs)
      var packing = Packing(all)
      let pilots = packing.count(of: offer, atMost: .max)
      let fitting = needs.filter { offer.slots(for: $0) > 0 }
      let unfit = needs.filter { offer.slots(for: $0) == 0 }.reduce(0) { $0 + $1.waiting }
      #expect(packing.left == unfit, "seed \(seed)")
      // No fewer than the cores and the memory need, and no more than one for each job.
      let cores = fitting.reduce(0) { $0 + $1.waiting * $1.shape.cores }
      let memory = fitting.reduce(0) { $0 + $1.waiting * $1.shape.memory }
      let offered = PilotRecord.mebibytes(offer.memory, cpus: offer.cpus)
      #expect(pilots * offer.cpus >= cores && pilots * offered >= memory, "seed \(seed)")
      #expect(pilots <= fitting.reduce(0) { $0 + $1.waiting }, "seed \(seed)")
    }
  }
}
