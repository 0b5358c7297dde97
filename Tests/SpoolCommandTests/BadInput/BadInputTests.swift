import Glibc
import SpoolModel
import SpoolStore
import Testing

extension CommandTests {
  /// All that is in the table is dropped into one spool with one watcher and one pilot; each row is
  /// a test of what a person is told of it.
  @Suite(.serialized, BadInputSpool()) struct BadInputs {
    @Test(arguments: BadInput.all) func isTold(_ row: BadInput) async throws {
      let site = try #require(BadInputSpool.site)
      try await Lab.visit(site.lab, as: row.title) { lab in
        try await site.wait(for: row.moment, lab)
        if case .start = row.moment {} else { try await site.drop(row, lab) }
        try await site.see(row, lab)
      }
    }
  }
}

/// The spool that the rows share, and what must hold of it in the end.
struct BadInputSpool: SuiteTrait, TestScoping {
  @TaskLocal static var site: Site?

  struct Site: Sendable {
    var lab: String
    var watcher: Program
  }

  /// The watcher's memory, at its peak: some 20 MB of program, and what a request of 16 MiB takes that
  /// is read, checked, journalled, and shown.
  static let mostMemory = 150 << 20

  private static var config: SpoolConfig {
    var config = SpoolConfig.quick
    config.infrastructureAttempts = 2
    config.datasetWait = .milliseconds(10_000)
    return config
  }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await Lab.run(Self.config) { lab in
      try Self.prepare(lab)
      let watcher = try lab.start("watch")
      let pilot = try lab.start("pilot", "--cpus", "4", "--memory", "4GB")
      let site = Site(lab: lab.path, watcher: watcher)
      for row in BadInput.all {
        if case .start = row.moment { try await site.drop(row, lab) }
      }
      try await Self.$site.withValue(site) { try await function() }
      try await end(site, lab)
      #expect(pilot.code == nil)
    }
  }

  private static func prepare(_ lab: Lab) throws {
    try lab.makeInputs(["a.raw", "b.raw"])
    try lab.makeDirectory("raw/dir")
    try #require(mkfifo(lab.absolute("raw/fifo"), 0o644) == 0)
    try lab.write("out/there.txt", "mine\n")
    try lab.makeDirectory("out/occupied")
    try #require(mkfifo(lab.absolute("out/pipe"), 0o644) == 0)
    try lab.write("bin/plain", "#!/bin/sh\n")
    try lab.write("bin/odd", "no program\n", mode: 0o755)
    try lab.write("bin/crlf", "#!/bin/sh\r\nexit 0\r\n", mode: 0o755)
    try lab.write("drop/linked.json", plainTask("linked"))
  }

  /// The watcher lives, has kept within bounds, and works as before.
  private func end(_ site: Site, _ lab: Lab) async throws {
    try lab.write("raw/a.raw.go", "")
    try await lab.drop(plainTask("last"), as: "last.json")
    try await lab.waitFor("the last task") { lab.hasEnded("last") && lab.hasEnded("sleeper") }
    #expect(try lab.summary("last")["state"] == "done")
    #expect(site.watcher.code == nil)
    let memory = try #require(Self.peakMemory(lab, site.watcher.pid))
    #expect(memory < Self.mostMemory, "the watcher's peak memory")
    #expect(!lab.text(site.watcher.errorPath).contains("trying again"))
    #expect(lab.text("out/there.txt") == "mine\n")
    try await lab.waitFor("parts to be removed") { lab.parts("out").isEmpty }
    let check = try await lab.spool("check", "--format", "json")
    #expect(check.code == 0, Comment(rawValue: check.said))
    let findings = try JSON.parse(Array(check.output.utf8)).array ?? []
    #expect(findings.allSatisfy { $0["kind"] == "foreign" }, Comment(rawValue: check.output))
    let told = findings.compactMap { $0["place"]?.string }.sorted()
    #expect(told == Self.left.map(\.place).sorted())
    for (place, why) in Self.left {
      let what = findings.first { $0["place"]?.string == place }?["what"]?.string
      #expect(what == "is not taken: \(why)")
    }
  }

  /// What is left in `incoming/` on purpose, and told.
  private static var left: [(place: String, why: String)] {
    BadInput.all.compactMap { row in
      guard case .left(let name, let why) = row.fate else { return nil }
      return ("incoming/" + name.printable(200), why)
    }
  }

  /// Bytes.
  private static func peakMemory(_ lab: Lab, _ pid: pid_t) -> Int? {
    let line = lab.text("/proc/\(pid)/status").split(separator: "\n").first {
      $0.hasPrefix("VmHWM:")
    }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
      .map { $0 << 10 }
  }
}

extension BadInputSpool.Site {
  func drop(_ row: BadInput, _ lab: Lab) async throws {
    let path = "\(lab.spool)/incoming/\(row.file)"
    switch row.drop {
    case .written(let contents):
      let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
      try #require(file >= 0)
      defer { close(file) }
      let bytes = contents()
      try #require(write(file, bytes, bytes.count) == bytes.count)
    case .made(let make): try make(path)
    case .shell(let line): _ = try lab.launch(["/bin/sh", "-c", line])
    }
  }

  func wait(for moment: BadInput.Moment, _ lab: Lab) async throws {
    switch moment {
    case .start, .now: break
    case .running(let task):
      try await wait(lab, "\(task) at work") { lab.isThere("spool/running/\(task).json") }
    case .ended(let task): try await wait(lab, "the end of \(task)") { lab.hasEnded(task) }
    }
  }

  private func wait(_ lab: Lab, _ what: String, _ condition: () throws -> Bool) async throws {
    try await lab.waitFor(what, within: 60) {
      try #require(watcher.code == nil, "the watcher is gone")
      return try condition()
    }
  }

  /// What a person is told.
  func see(_ row: BadInput, _ lab: Lab) async throws {
    switch row.fate {
    case .refused(let words): try await seeRefused(row, words, lab)
    case .left(let name, let why):
      let told = "  \(name.printable(200)): \(why)\n"
      try await wait(lab, "the page to tell") { lab.text("spool/STATUS").contains(told) }
      #expect(lab.isThere("spool/incoming/\(row.file)") || row.file.contains("?"))
    case .hidden: #expect(lab.isThere("spool/incoming/\(row.file)"))
    case .done(let task):
      try await wait(lab, "the end of \(task)") { lab.hasEnded(task) }
      #expect(try lab.summary(task)["state"] == "done")
    case .fails(let task, let words, let told):
      if let told {
        try await wait(lab, "the page to tell") { lab.text("spool/STATUS").contains(told) }
      }
      try await wait(lab, "the end of \(task)") { lab.hasEnded(task) }
      #expect(try lab.summary(task)["state"] == "failed")
      expect(try lab.summary(task)["reason"]?.string, words)
    case .job(let task, let cause, let words): try await seeFailed(task, cause, words, lab)
    case .seen(let body): try await body(lab)
    }
  }

  private func seeRefused(_ row: BadInput, _ words: [String], _ lab: Lab) async throws {
    let request = "spool/failed/@refused/\(row.file)"
    try await wait(lab, "a reason") { lab.isThere(request) && lab.isThere(request + ".reason") }
    let reason = lab.text(request + ".reason")
    #expect(reason.utf8.firstIndex(of: 10) == reason.utf8.indices.last, "one line")
    #expect(reason.utf8.count < 1500)
    expect(reason, words)
    #expect(!lab.isThere("spool/incoming/\(row.file)"))
    guard case .written(let contents) = row.drop else { return }
    let there = try lab.files.read(lab.absolute(request), limit: 64 << 20)
    let isSame = there == contents()
    #expect(isSame, "unchanged")
  }

  private func seeFailed(
    _ task: String, _ cause: Cause, _ words: [String], _ lab: Lab
  ) async throws {
    try await wait(lab, "the end of \(task)") { lab.hasEnded(task) }
    #expect(try lab.summary(task)["state"] == "failed")
    #expect(try lab.summary(task)["failures"]?[cause.description] == 1)
    let jobs = try await lab.spool("jobs", task, "--failed")
    expect(jobs.output, [cause.description])
    expect(
      try lab.ledger(task).last { $0["outcome"]?.string == cause.description }?["reason"]?.string,
      words)
  }

  private func expect(_ text: String?, _ words: [String]) {
    for word in words {
      #expect(text?.contains(word) == true, "\"\(word)\" in \"\(text ?? "nothing")\"")
    }
  }
}
