import SpoolModel
import Testing

@testable import SpoolCommands

@Suite struct UsageReportTests {
  // MARK: Distributions

  @Test func quantilesOfManyValues() throws {
    var values = Distribution()
    // Every number once, in an order of no kind.
    for step in 1...9973 { values.add(step * 7919 % 9973) }
    #expect(values.count == 9973)
    #expect(values.least == 0 && values.most == 9972)
    #expect(values.mean == 9972.0 / 2)
    for part in [0.1, 0.5, 0.9, 0.99, 0.999] {
      let exact = part * 9973
      let found = Double(try #require(values.quantile(part)))
      #expect(abs(found - exact) <= exact * 0.002 + 1)
    }
    #expect(values.quantile(1) == 9972)
  }

  @Test func quantilesOfFewValues() {
    var values = Distribution()
    #expect(values.quantile(0.5) == nil && values.mean == nil && values.bars().isEmpty)
    values.add(300)
    #expect([0.5, 0.9, 1].map { values.quantile($0) } == [300, 300, 300])
    values.add(100)
    values.add(-5)
    #expect(values.least == 0)
    #expect(values.quantile(0.01) == 0)
    #expect(values.quantile(1) == 300)
  }

  @Test func barsBeginAtRoundNumbers() {
    var even = Distribution()
    for value in 102...198 { even.add(value) }
    #expect(even.bars().map(\.from) == Array(stride(from: 100, through: 190, by: 10)))
    #expect(even.bars().reduce(0) { $0 + $1.count } == 97)

    var wide = Distribution()
    for value in [3, 40, 41, 900, 70_000, Int.max] { wide.add(value) }
    #expect(wide.bars().prefix(5).map(\.from) == [2, 5, 10, 20, 50])
    #expect(wide.bars().prefix(5).map(\.count) == [1, 0, 0, 2, 0])
    #expect(wide.bars().reduce(0) { $0 + $1.count } == 6)
  }

  // MARK: Advice

  /// A task of jobs that take `seconds` and `cpu`, and use `memory`.
  private func usage(
    _ resources: Resources, count: Int = 20, seconds: Int = 100, cpu: Double = 95,
    memory: Int = 1_000_000_000, failures: [(cause: Cause, seconds: Int)] = []
  ) throws -> TaskUsage {
    let name = try #require(Name("x"))
    var usage = TaskUsage(
      TaskSummary(
        task: name, state: .done, jobs: JobCounts(total: count, done: count, failed: 0),
        attempts: count, totals: JobTotals(), accepted: Timestamp(milliseconds: 0), priority: 5,
        queue: .cpu, resources: resources, owner: 0, incarnation: "i"))
    let pilot = try #require(PilotName("n-00112233"))
    for index in 0..<count + failures.count {
      let failure = index < count ? nil : failures[index - count]
      let end = (failure?.seconds ?? seconds) * 1000
      var result = JobResult(
        pilot: pilot, host: "n", started: Timestamp(milliseconds: 0),
        ended: Timestamp(milliseconds: end), cause: failure?.cause)
      result.cpu = failure == nil ? cpu : 1
      result.memory = memory
      let outcome: LedgerLine.Outcome =
        failure.map {
          .failure(
            .init(
              cause: $0.cause, result: result, pilot: nil,
              registered: Timestamp(milliseconds: end), reason: nil,
              sequel: .retry(Timestamp(milliseconds: end))))
        } ?? .success(result)
      usage.add(LedgerLine(job: JobID(task: name, index: index), attempt: 1, outcome: outcome))
    }
    return usage
  }

  private func asking(cpus: Int = 1, memory: Int = 2_000_000_000, wall: Int = 3600) -> Resources {
    var resources = Resources()
    resources.cpus = cpus
    resources.memory = memory
    resources.wall = .seconds(wall)
    return resources
  }

  @Test func whatFitsIsLeftAlone() throws {
    let usage = try usage(asking(memory: 1_400_000_000, wall: 240))
    #expect(UsageAdvice(usage).lines == ["what it asks for fits what it uses"])
  }

  @Test func fewTellNothing() throws {
    #expect(try UsageAdvice(usage(asking(), count: 9)).lines.first?.hasPrefix("9 attempts") == true)
  }

  @Test func less() throws {
    let lines = try UsageAdvice(
      usage(
        asking(cpus: 4, memory: 8_000_000_000, wall: 86_400))
    ).lines
    #expect(lines.map { $0.prefix { $0 != ":" } } == ["--memory 1.3GB", "--wall 4m", "--cpus 1"])
  }

  @Test func more() throws {
    let usage = try usage(
      asking(cpus: 2, memory: 1_000_000_000, wall: 120), cpu: 390,
      failures: [(.memory, 3), (.wall, 120)])
    let lines = UsageAdvice(usage).lines
    #expect(lines.map { $0.prefix { $0 != ":" } } == ["--memory 1.5GB", "--wall 4m", "--cpus 4"])
    #expect(lines.first?.contains("1 attempts were over") == true)
  }

  @Test func thoseThatWait() throws {
    let lines = try UsageAdvice(usage(asking(memory: 1_400_000_000, wall: 240), cpu: 20)).lines
    #expect(lines.count == 1 && lines.first?.contains("20 %") == true)
  }

  @Test func waste() throws {
    let usage = try usage(asking(), failures: [(.memory, 300), (.memory, 200), (.wall, 500)])
    #expect(usage.wasted == 3)
    #expect(usage.waste["memory"]?.time == .seconds(500))
    #expect(usage.waste["memory"]?.attempts == 2)
    // 1,000 s of 3,000 came to nothing.
    let lines = UsageText(usage: usage).lines
    #expect(lines.contains { $0.hasPrefix("wall") && $0.hasSuffix("16.7 %") })
    #expect(usage.json["waste"]?.array?.count == 2)
    #expect(usage.json["time"]?["median"]?.double == 100)
    #expect(usage.json["asked"]?["wall"]?.double == 3600)
  }

  /// The pieces of a job that goes on from a checkpoint are its time, and no waste unless it fails.
  @Test func pieces() throws {
    var usage = try usage(asking(wall: 200), count: 12)
    let line = { (index: Int, seconds: Int, cause: Cause?, isFinal: Bool) throws in
      var result = JobResult(
        pilot: try #require(PilotName("n-00112233")), host: "n",
        started: Timestamp(milliseconds: 0), ended: Timestamp(milliseconds: seconds * 1000),
        cause: cause)
      result.cpu = Double(seconds)
      let sequel: LedgerLine.Failure.Sequel =
        isFinal
        ? .final(InputPosition(source: 0, offset: 0, files: 1, end: 1))
        : .retry(Timestamp(milliseconds: 0))
      let outcome: LedgerLine.Outcome =
        cause.map {
          .failure(
            .init(
              cause: $0, result: result, pilot: nil, registered: Timestamp(milliseconds: 0),
              reason: nil, sequel: sequel))
        } ?? .success(result)
      return LedgerLine(
        job: JobID(task: try #require(Name("x")), index: index), attempt: 1, outcome: outcome)
    }
    for seconds in [150, 180] { usage.add(try line(90, seconds, .unfinished, false)) }
    usage.add(try line(90, 7, .lost, false))
    usage.add(try line(90, 20, nil, false))
    #expect(usage.time.most == 350_000 && usage.good == 13)
    #expect(
      usage.waste == ["lost": TaskUsage.Waste(attempts: 1, time: .seconds(7), cpu: .seconds(7))])
    usage.add(try line(91, 150, .unfinished, false))
    usage.add(try line(91, 10, .wall, true))
    #expect(usage.waste["wall"]?.time == .seconds(160))
    // Its resumes are used up.
    usage.add(try line(92, 30, .unfinished, false))
    usage.add(try line(92, 40, .unfinished, true))
    #expect(usage.waste["unfinished"]?.time == .seconds(70))
    #expect(
      !UsageAdvice(usage).lines.contains {
        $0.contains("longest attempt took") && !$0.contains("over")
      })
  }

  @Test func sizesAndTimesAsOptionsTakeThem() {
    #expect(
      [1, 24_000_000, 1_250_000_000, 12_300_000_000].map(UsageAdvice.size)
        == ["2MB", "24MB", "1.3GB", "13GB"])
    #expect([1, 61_000, 240_000, 8_000_000].map(UsageAdvice.time) == ["10s", "70s", "4m", "3h"])
    for text in ["2MB", "1.3GB"] { #expect(Units.memoryProblem(text) == nil) }
  }
}

extension CommandTests {
  /// `report`.
  @Suite(.serialized) struct Reports {
    @Test func ofATaskThatRan() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        let line = "[ {index} -gt 0 ]"
        _ = try await lab.spool(
          "submit", "--name", "x", "--count", "12", "--attempts", "2", "--wait", "--", "sh", "-c",
          line)
        let text = try await lab.spool("report", "x")
        #expect(text.code == 0)
        #expect(text.output.contains("11 attempts ended well, 2 came to nothing"))
        #expect(text.output.contains("--wall 10s"))
        let json = try JSON.parse(
          Array(try await lab.spool("report", "x", "--format", "json").output.utf8))
        #expect(json.array?.first?["good"]?.integer == 11)
        #expect(json.array?.first?["waste"]?.array?.first?["cause"]?.string == "exit1")
        let missing = try await lab.spool("report", "y")
        #expect(missing.code == 66)
        #expect(missing.said.contains("there is no task y; did you mean \"x\"?"))
      }
    }
  }
}
