import Foundation
import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

@testable import SpoolClient
@testable import SpoolCommands

/// The metrics: what is counted, and the text.
struct MetricsTests {
  @Test func attemptsAreCounted() throws {
    var counts = AttemptCounts()
    func count(_ line: String) throws {
      let bytes = Array(line.utf8)
      counts.count(try #require(LedgerHead(bytes, of: Array("t".utf8))), bytes)
    }
    try count(
      #"{"job":"t.00000001","attempt":1,"outcome":"ok","pilot":"n","host":"n","started":5000,"ended":9000,"#
        + #""readyAt":3000,"stagingAt":8500,"exit":0,"class":"ok","report":{"readyAt":1}}"#)
    // Of an earlier version, whose report has keys of the user's own; and of a pilot whose clock is late.
    try count(
      #"{"job":"t.00000002","attempt":1,"outcome":"ok","pilot":"n","host":"n","started":5000,"ended":6000,"#
        + #""exit":0,"report":{"readyAt":1,"stagingAt":2,"registered":3}}"#)
    try count(
      #"{"job":"t.00000003","attempt":1,"outcome":"exit2","final":true,"pilot":"n","host":"n","started":5000,"#
        + #""ended":6000,"readyAt":7000,"exit":2,"registered":6500,"reason":"x"}"#)
    // A pilot that died has no times.
    try count(
      #"{"job":"t.00000004","attempt":1,"outcome":"lost","final":false,"pilot":"n","registered":9,"retryAt":9}"#
    )
    #expect(counts.outcomes == ["ok": 2, "exit2": 1, "lost": 1])
    #expect(counts.run.count == 3 && counts.run.sum == 6)
    #expect(counts.wait.count == 2 && counts.wait.sum == 2)
    #expect(counts.staging.count == 1 && counts.staging.sum == 0.5)
    #expect(counts.verdict.count == 1 && counts.verdict.sum == 0.5)
  }

  private func figures() throws -> SpoolFigures {
    var figures = SpoolFigures()
    figures.isWatched = true
    figures.watcherAge = .milliseconds(1500)
    figures.turns = WatcherRecord.Turns(count: 7, time: .seconds(3), longest: .milliseconds(1250))
    figures.units = [
      SpoolFigures.Unit(
        name: try #require(Name("t")), isChain: false, state: .active,
        jobs: JobCounts(
          total: 9, done: 3, failed: 1,
          live: .init(isOpen: false, ready: 1, running: 2, retrying: 0)),
        outputs: FileTotals(), flow: nil, cpu: .seconds(2))
    ]
    figures.ready = [.cpu: 1]
    figures.running = [.gpu: 2]
    figures.pilots = [
      SpoolFigures.Pilot(state: .running, age: .seconds(2), slots: 8, busy: 3),
      SpoolFigures.Pilot(state: .lost, age: .seconds(90), slots: 8, busy: 8),
    ]
    figures.rate = 0.5
    figures.disk = FileSystemUsage(size: 1000, free: 250, files: 100, freeFiles: 40)
    figures.highWater = 80
    return figures
  }

  @Test func theText() throws {
    var metrics = SpoolMetrics(try figures(), AttemptCounts(), isOpen: false)
    let text = metrics.text()
    for line in [
      "spool_watcher_up 1", "spool_watcher_heartbeat_age_seconds 1.5",
      "spool_watcher_turns_total 7",
      "spool_watcher_turn_seconds_total 3", "spool_watcher_turn_seconds_max 1.25",
      "spool_jobs{state=\"waiting\"} 2", "spool_task_jobs{task=\"t\",state=\"done\"} 3",
      "spool_queue_jobs{queue=\"gpu\",state=\"running\"} 2", "spool_jobs_rate 0.5",
      "spool_attempt_wait_seconds_count 0", "spool_pilots{state=\"lost\"} 1",
      "spool_slots{use=\"busy\"} 3", "spool_slots{use=\"free\"} 5",
      "spool_pilot_heartbeat_age_seconds_max 90", "spool_cpu_seconds 2",
      "spool_disk_size_bytes 1000", "spool_disk_free_bytes 250", "spool_disk_files 100",
      "spool_disk_free_files 40", "spool_disk_high_water_ratio 0.8",
    ] { #expect(text.contains("\n\(line)\n"), "\(line) is not in\n\(text)") }
    #expect(!text.contains("# EOF"))
  }

  /// One look counts nothing, and what a spool does not say is not there.
  @Test func whatIsUnknownIsLeftOut() {
    var metrics = SpoolMetrics(SpoolFigures(), nil, isOpen: true)
    let text = metrics.text { $0.family("more", .gauge, "More.") }
    for name in ["attempt", "disk", "turn", "rate", "verdict", "heartbeat_age_seconds "] {
      #expect(!text.contains("spool_\(name)"), "\(name)")
    }
    #expect(text.hasSuffix("# HELP more More.\n# TYPE more gauge\n# EOF\n"))
  }

  @Test func labelsOfTheSite() throws {
    let label = try #require(MetricLabel("spool=a=\"b\""))
    var metrics = SpoolMetrics(
      try figures(), AttemptCounts(), isOpen: false, labels: [(label.name, label.value)])
    let text = metrics.text()
    #expect(text.contains("spool_watcher_up{spool=\"a=\\\"b\\\"\"} 1\n"))
    #expect(text.contains("spool_jobs{spool=\"a=\\\"b\\\"\",state=\"done\"} 3\n"))
    for bad in ["spool", "=x", "1a=x", "__name__=x", "state=x", "ä=x", "a b=c"] {
      #expect(MetricLabel(bad) == nil, "\(bad)")
    }
  }
}

extension CommandTests {
  /// `spool metrics` as a program.
  @Suite(.serialized) struct Metrics {
    /// The file is whole, Prometheus finds nothing wrong with it, and it tells of what has happened since.
    @Test func aFileThatGoesOn() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        let file = lab.path + "/out/spool.prom"
        try lab.makeDirectory("out")
        let metrics = try lab.start("metrics", "--textfile", file, "--every", "1s")
        try await lab.waitFor("the file") { lab.text(file).contains("spool_watcher_up 1\n") }
        let submit = try await lab.spool(
          "submit", "--name", "t", "--count", "3", "--output", "out/{index}.txt", "--wait", "--",
          "sh", "-c", "echo {index} > \"{output}\"")
        #expect(submit.code == 0, Comment(rawValue: submit.said))
        let done = try await lab.spool(
          "submit", "--name", "bad", "--count", "1", "--attempts", "1", "--wait", "--", "false")
        #expect(done.code == 1, Comment(rawValue: done.said))
        try await lab.waitFor("the counts") {
          let text = lab.text(file)
          return text.contains("spool_attempts_total{outcome=\"ok\"} 3\n")
            && text.contains("spool_attempts_total{outcome=\"exit1\"} 1\n")
        }
        let text = lab.text(file)
        #expect(text.contains("spool_attempt_wait_seconds_count 4\n"))
        #expect(text.contains("spool_attempt_staging_seconds_count 3\n"))
        #expect(text.contains("spool_jobs{state=\"done\"} 3\n"))
        #expect(text.contains("spool_disk_size_bytes "))
        #expect(text.contains("spool_watcher_turns_total "))
        #expect(lab.names("out").filter { $0.hasSuffix(".prom") } == ["spool.prom"])
        metrics.signal(SIGTERM)
        #expect(try await lab.end(of: metrics).code == 0)
        #expect(!lab.names("out").contains { $0.contains("prom-new") })
        try await lab.expectPromtool(text)
        try await lab.expectClean()
      }
    }

    @Test func oneLook() async throws {
      try await Lab.run { lab in
        let metrics = try await lab.spool("metrics", "--label", "spool=a")
        #expect(metrics.code == 0, Comment(rawValue: metrics.said))
        #expect(metrics.output.contains("spool_watcher_up{spool=\"a\"} 0\n"))
        #expect(!metrics.output.contains("spool_attempts"))
        try await lab.expectPromtool(metrics.output)
        let ended = try await lab.spool("metrics", "--textfile", "a.prom")
        #expect(ended.code == 0 && lab.text("a.prom").hasPrefix("# HELP"))
      }
    }

    @Test(arguments: [
      (["--textfile", "a.txt"], "ends in .prom"), (["--every", "5s"], "give --textfile"),
      (["--every", "x", "--textfile", "a.prom"], "from 1s"),
      (["--label", "state=x"], "is a label that"), (["--label", "a=1", "--label", "a=2"], "twice"),
    ])
    func badUsage(_ arguments: [String], _ words: String) async throws {
      try await Lab.run { lab in
        let ended = try await lab.end(
          of: lab.launch([Lab.products + "/spool", "metrics"] + arguments))
        #expect(ended.code == 64 && ended.errors.contains(words), Comment(rawValue: ended.said))
      }
    }

    /// Who cannot write hears of it at once, also with --every.
    @Test func aDirectoryThatIsNotThere() async throws {
      try await Lab.run { lab in
        for more in [[], ["--every", "1s"]] {
          let ended = try await lab.end(
            of: lab.launch(
              [Lab.products + "/spool", "metrics", "--textfile", "none/a.prom"] + more))
          #expect(
            ended.code == 69 && ended.errors.contains("ENOENT"), Comment(rawValue: ended.said))
        }
      }
    }
  }
}

extension Lab {
  /// Lets Prometheus' own tool check metrics, where it is installed.
  func expectPromtool(_ text: String) async throws {
    guard files.isPresent("/usr/bin/promtool") else { return }
    try write("metrics.txt", text)
    let ended = try await shell("promtool check metrics < metrics.txt")
    #expect(ended.code == 0, Comment(rawValue: ended.said))
    #expect(ended.said == "", Comment(rawValue: ended.said))
  }
}
