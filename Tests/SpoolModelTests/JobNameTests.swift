import SpoolModel
import Testing

struct JobNameTests {
  private func example(
    task: String = "run42.reco", rank: Int? = 12_345_678, tags: [String] = []
  ) throws -> JobName {
    JobName(
      priority: 5, rank: rank, job: JobID(task: try name(task), index: 17), attempt: 1, cores: 4,
      memory: 16_384, gpus: 0, wall: 600, tags: tags)
  }

  @Test func isAsInTheDesign() throws {
    var job = try example()
    #expect(job.fileName == "p5-0000012345678.run42.reco.00000017.a1.c4.m16384.g0.w600.json")
    #expect(JobName(fileName: job.fileName) == job)
    job = try example(tags: ["avx2", "ssd"])
    #expect(
      job.fileName == "p5-0000012345678.run42.reco.00000017.a1.c4.m16384.g0.w600.tavx2+ssd.json")
    #expect(JobName(fileName: job.fileName) == job)
  }

  /// The names of earlier versions have no rank, and are the same jobs.
  @Test func withoutARank() throws {
    let job = try example(rank: nil)
    #expect(job.fileName == "p5.run42.reco.00000017.a1.c4.m16384.g0.w600.json")
    let read = try #require(JobName(fileName: job.fileName))
    #expect(read == job && read.rank == nil)
    let ranked = try #require(JobName(fileName: try example().fileName))
    #expect(ranked.rank == 12_345_678 && ranked.job == read.job && ranked != read)
  }

  /// In the order of claiming: priority, then names without a rank, then rank.
  @Test func theOrder() throws {
    func name(_ head: String, _ task: String) -> String {
      "\(head).\(task).00000000.a1.c1.m1.g0.w1.json"
    }
    let names = [
      name("p0-0000000000009", "z"), name("p4", "z"), name("p4-0000000000000", "a"),
      name("p5", "a"),
      name("p5", "b"), name("p5-0000000000001", "z"), name("p5-0000000000010", "a"),
      name("p5-0000000000010", "b"), name("p5-\(JobName.mostRank)", "a"), name("p6", "a"),
    ]
    let parsed = names.compactMap { JobName(fileName: $0) }
    #expect(parsed.count == names.count)
    for (place, name) in parsed.enumerated() {
      for (other, that) in parsed.enumerated() {
        let isTie = (name.priority, name.rank ?? -1) == (that.priority, that.rank ?? -1)
        #expect(name.goesBefore(that) == (place < other && !isTie), "\(name.stem) \(that.stem)")
      }
    }
  }

  /// A task may be named as the rest of a job's name is: parsing is from the right.
  @Test(arguments: [
    "p5.x.00000001.a1.c1.m1.g0.w1", "x.00000001", "a1", "w600", "t", "x.a1.c1", "p5", "x.tavx2",
    "1.2.3",
  ])
  func tasksMayLookLikeJobs(_ text: String) throws {
    var job = try example(task: text)
    #expect(JobName(fileName: job.fileName) == job)
    job = try example(task: text, tags: ["w600"])
    #expect(JobName(fileName: job.fileName) == job)
  }

  @Test(arguments: [
    "", "x.json", "pilot.json", "drain", ".p5.x.00000001.a1.c1.m1.g0.w1.json",
    "p5.x.00000001.a1.c1.m1.g0.w1", "p5.x.00000001.a1.c1.m1.g0.w1.jsonl",
    "p5.x.00000001.a1.c1.m1.g0.w1.log", "p10.x.00000001.a1.c1.m1.g0.w1.json",
    "p.x.00000001.a1.c1.m1.g0.w1.json", "5.x.00000001.a1.c1.m1.g0.w1.json",
    "p5.00000001.a1.c1.m1.g0.w1.json", "p5..00000001.a1.c1.m1.g0.w1.json",
    "p5.x.0000001.a1.c1.m1.g0.w1.json", "p5.x.000000001.a1.c1.m1.g0.w1.json",
    "p5.x.00000001.a0.c1.m1.g0.w1.json", "p5.x.00000001.a1.c0.m1.g0.w1.json",
    "p5.x.00000001.a1.m1.c1.g0.w1.json", "p5.x.00000001.a1.c1.m1.g0.json",
    "p5.x.00000001.a1.c1.m1.g0.w.json", "p5.x.00000001.a1.c1.m1.g0.w-1.json",
    "p5.x.00000001.a1.c1.m1.g0.w+1.json", "p5.x.00000001.a1.c1.m1.g0.w12345678901.json",
    "p5.x.00000001.a1.c1.m1.g0.w1.t.json", "p5.x.00000001.a1.c1.m1.g0.w1.ta b.json",
    "p5.x.00000001.a1.c1.m1.g0.w1.té.json", "p5.x@y.00000001.a1.c1.m1.g0.w1.json",
    "p5.x.00000001.a1.c1.m1.g0.w1@.json",
    // Another spelling of a name would be another file.
    "p05.x.00000001.a1.c1.m1.g0.w1.json", "p5.x.00000001.a01.c1.m1.g0.w1.json",
    "p5.x.00000001.a1.c01.m1.g0.w1.json", "p5.x.00000001.a1.c1.m1.g00.w1.json",
    "p5.x.00000001.a1.c1.m1.g0.w1.ta++b.json", "p5.x.00000001.a1.c1.m1.g0.w1.t+a.json",
    "p5.x.00000001.a1.c1.m1.g0.w1.ta+.json", "p5-.x.00000001.a1.c1.m1.g0.w1.json",
    "p5-1.x.00000001.a1.c1.m1.g0.w1.json", "p5-000000000000.x.00000001.a1.c1.m1.g0.w1.json",
    "p5-00000000000000.x.00000001.a1.c1.m1.g0.w1.json",
    "p5-000000000000a.x.00000001.a1.c1.m1.g0.w1.json",
    "p5-0000000000001x.00000001.a1.c1.m1.g0.w1.json",
    "p5-0000000000001.00000001.a1.c1.m1.g0.w1.json",
    "p5-0000000000001..00000001.a1.c1.m1.g0.w1.json",
    "p-0000000000001.x.00000001.a1.c1.m1.g0.w1.json",
  ])
  func isNoJob(_ text: String) { #expect(JobName(fileName: text) == nil) }

  private static let inTask = "abzAZ059._-"

  private func job(_ random: inout SeededRandom) -> JobName? {
    guard let task = Name("t" + random.text(Self.inTask, 0...79)) else { return nil }
    let tags = (0..<Int.random(in: 0...3, using: &random)).map { _ in
      random.text("aZ9_-", 1...10)
    }
    return JobName(
      priority: Int.random(in: 0...9, using: &random),
      rank: Bool.random(using: &random)
        ? Int.random(in: 0...JobName.mostRank, using: &random) : nil,
      job: JobID(task: task, index: Int.random(in: 0...99_999_999, using: &random)),
      attempt: Int.random(in: 1...1_000_000, using: &random),
      cores: Int.random(in: 1...4096, using: &random),
      memory: Int.random(in: 0...1 << 30, using: &random),
      gpus: Int.random(in: 0...64, using: &random),
      wall: Int.random(in: 0...100_000_000, using: &random), tags: tags)
  }

  @Test(arguments: 0..<500 as Range<UInt64>)
  func whatIsWrittenIsReadAgain(seed: UInt64) throws {
    var random = SeededRandom(seed)
    guard let job = job(&random) else { return }
    #expect(JobName(fileName: job.fileName) == job)
    let pilot = PilotName(
      host: random.text("ab.-", 0...40), random: UInt32(truncatingIfNeeded: seed))
    for pilot in [pilot, nil] {
      let done = InboxName(jobName: job, pilot: pilot, cause: nil)
      #expect(InboxName(fileName: done.fileName, failed: false) == done)
      #expect(InboxName(fileName: done.fileName, failed: true) == nil)
      for (_, cause, _) in CauseTests.all {
        let failed = InboxName(jobName: job, pilot: pilot, cause: cause)
        #expect(InboxName(fileName: failed.fileName, failed: true) == failed)
      }
    }
  }

  /// What reads as a name is written as the same name: nothing in a directory is met under a name
  /// that it does not have.
  @Test(arguments: 0..<300 as Range<UInt64>)
  func whatIsReadIsTheFile(seed: UInt64) throws {
    var random = SeededRandom(seed)
    guard let job = job(&random) else { return }
    let pilot = PilotName(host: "node", random: 7)
    let names = [
      job.fileName, InboxName(jobName: job, pilot: pilot, cause: nil).fileName,
      InboxName(jobName: job, pilot: pilot, cause: .exit(2)).fileName,
    ]
    for name in names {
      for _ in 0..<50 {
        var text = Array(name)
        let at = Int.random(in: 0..<text.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: text.insert(random.text("0123.+@apt", 1...1).first ?? "0", at: at)
        case 1: text.remove(at: at)
        default: text[at] = random.text("0123.+@apt-", 1...1).first ?? "0"
        }
        let changed = String(text)
        if let read = JobName(fileName: changed) { #expect(read.fileName == changed) }
        for failed in [false, true] {
          guard let read = InboxName(fileName: changed, failed: failed) else { continue }
          #expect(read.fileName == changed)
        }
      }
    }
  }

  @Test func theLongestNameIsAFilesName() throws {
    let job = JobName(
      priority: 9, rank: JobName.mostRank,
      job: JobID(task: try name(String(repeating: "t", count: 80)), index: 99_999_999),
      attempt: 999_999_999, cores: 4096, memory: 1 << 30, gpus: 64, wall: 100_000_000,
      tags: [String(repeating: "g", count: 32)])
    let pilot = PilotName(host: String(repeating: "h", count: 80), random: .max)
    let inbox = InboxName(jobName: job, pilot: pilot, cause: .cancelled)
    #expect(inbox.fileName.utf8.count + 1 <= 255, "with a dot before it")
    #expect(InboxName(fileName: inbox.fileName, failed: true) == inbox)
    for count in [nil, 1...3] {
      let output = JobOutput(
        path: "/d/" + String(repeating: "o", count: Limits.outputBaseName), name: nil,
        isOptional: false, count: count)
      let part = output.part(of: job.job, attempt: job.attempt, pilot: pilot)
      #expect(FilePath.base(part).utf8.count <= 255)
    }
  }
}

struct InboxNameTests {
  private static let stem = "p5-0000012345678.run42.reco.00000017.a1.c4.m16384.g0.w600"

  @Test func saysThePilotAndTheCause() throws {
    let job = try #require(JobName(fileName: Self.stem + ".json"))
    let pilot = try pilotName("node07.cern.ch-3fa91c22")
    let done = InboxName(jobName: job, pilot: pilot, cause: nil)
    #expect(done.fileName == Self.stem + "@node07.cern.ch-3fa91c22.json")
    let failed = InboxName(jobName: job, pilot: pilot, cause: .exit(2))
    #expect(failed.fileName == Self.stem + "@node07.cern.ch-3fa91c22.exit2.json")
    let withdrawn = InboxName(jobName: job, pilot: nil, cause: .cancelled)
    #expect(withdrawn.fileName == Self.stem + "@.cancelled.json")
    #expect(InboxName(fileName: withdrawn.fileName, failed: true) == withdrawn)
  }

  @Test(arguments: [
    "@node-1.json", "@node-1.nonsense.json", "@node-1.exit.json", "@node 1.exit2.json",
    "@node-1@node-2.exit2.json", ".exit2.json", "@.json", "@-1.exit2.json", "@node-1.exit02.json",
  ])
  func isNoFailure(_ rest: String) {
    #expect(InboxName(fileName: Self.stem + rest, failed: true) == nil)
  }

  @Test(arguments: [".json", "@node-1", "@node 1.json", "@node-1.exit2.txt"])
  func isNoSuccess(_ rest: String) {
    #expect(InboxName(fileName: Self.stem + rest, failed: false) == nil)
  }

  @Test func summariesAreNoJobs() {
    for name in ["run42.reco.json", "run42.reco", "@refused", ".spool"] {
      #expect(InboxName(fileName: name, failed: false) == nil)
      #expect(InboxName(fileName: name, failed: true) == nil)
    }
  }
}
