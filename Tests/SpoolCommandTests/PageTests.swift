import Foundation
import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

@testable import SpoolClient
@testable import SpoolCommands

/// `spool page`: the document.
struct PageTests {
  /// What somebody may write who wants a script to run in another's browser.
  private static let hostile = "<script>alert('x')</script>\"&\u{202E}\u{1B}[31m"

  @Test func interpolationsAreEscaped() {
    let text = "<b title=\"x\">'&"
    let html: HTML = "<i class=\"\(text)\">\(HTML("<u>")) \(7)</i>"
    #expect(
      html.text == "<i class=\"&lt;b title=&quot;x&quot;&gt;&#39;&amp;\"><u> 7</i>")
    #expect(HTML.escaped("a\nb\u{202E}c\u{1B}") == "a\\nb\\u{202e}c\\u{1b}")
  }

  private static func page(
    _ name: String, _ state: String, reason: String? = nil, waits: [String] = [],
    failures: [String: Int] = [:], total: Int = 10
  ) throws -> TaskPage {
    var object: JSONObject = JSONObject([
      .init("format", 1), .init("kind", "summary"), .init("task", .string(name)),
      .init("state", .string(state)),
    ])
    if let reason { object["reason"] = .string(reason) }
    if !waits.isEmpty { object["waits"] = .array(waits.map { .string($0) }) }
    object["jobs"] = [
      "total": .integer(total), "done": 4, "failed": 1, "open": false, "ready": 1, "running": 2,
      "retrying": 0,
    ]
    object["attempts"] = 5
    let causes = JSONObject(
      failures.sorted { $0.key < $1.key }.map { .init($0.key, .integer($0.value)) })
    object["failedAttempts"] = .object(causes)
    object["failures"] = .object(causes)
    for (key, value) in [
      ("cpu", 1), ("runTime", 2), ("peakMemory", 7), ("accepted", 1000), ("started", 2000),
      ("priority", 4), ("owner", 0),
    ] { object[key] = .integer(value) }
    object["report"] = [:]
    object["outputs"] = ["files": 1, "bytes": 77]
    if state == "failed" { object["ended"] = 9000 }
    object["queue"] = "cpu"
    object["resources"] = ["cpus": 1, "gpus": 0, "memory": 5, "wall": .number(0.5), "tags": []]
    object["incarnation"] = "9c1f"
    return try #require(TaskPage(.object(object)))
  }

  private static func pilot(_ number: Int, cpus: Int = 8, age: Duration = .seconds(2)) throws
    -> PilotListing.Entry
  {
    let digits = String(number, radix: 16)
    let name = try #require(
      PilotName("n\(number)-" + String(repeating: "0", count: 8 - digits.count) + digits))
    var entry = PilotListing.Entry(name: name)
    var record = PilotRecord(
      pilot: name, host: "n\(number)", version: "1", process: .null, queues: [.cpu], tags: [],
      cpus: cpus, memory: 1 << 30, gpus: 0, started: Timestamp(milliseconds: 0))
    record.freeCpus = cpus / 2
    entry.record = record
    entry.age = age
    return entry
  }

  private func text(
    _ survey: SpoolSurvey, _ failures: FailureDigest = FailureDigest(), every: Duration? = nil,
    place: String = "/s"
  ) throws -> String {
    try TemporaryDirectory.with { directory in
      try Spool.made(at: directory + "/spool")
      let document = StatusDocument(
        spool: try Spool.opened(at: directory + "/spool"), survey: survey, failures: failures,
        place: place, every: every)
      return String(decoding: document.bytes, as: UTF8.self)
    }
  }

  private var survey: SpoolSurvey {
    SpoolSurvey(at: Timestamp(milliseconds: 10_000), deadAfter: .seconds(60))
  }

  /// Nothing that comes from outside becomes markup, wherever it stands.
  @Test func hostileTexts() throws {
    var survey = survey
    let bad = Self.hostile
    survey.warning = bad
    survey.pages = [
      try Self.page("a", "active", waits: [bad]), try Self.page("b", "failed", reason: bad),
    ]
    var pilot = try Self.pilot(1)
    pilot.record?.state = .quarantined
    pilot.record?.reason = bad
    pilot.record?.trouble = bad
    pilot.record?.tags = [bad]
    survey.pilots = [pilot]
    let name = try #require(Name("a"))
    let digest = FailureDigest(groups: [
      FailureDigest.Group(cause: bad, jobs: 1, attempts: 2, tasks: [name], log: [bad, bad])
    ])
    let text = try text(survey, digest, place: "/s/\(bad)")
    #expect(!text.contains("<script") && !text.contains("\u{202E}") && !text.contains("\u{1B}"))
    #expect(!text.contains("'x'"))
    let shown = "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;\\u{202e}\\u{1b}[31m"
    // Twice the place; the warning; what waits, twice; the ended task; the cause and two lines of its log;
    // reason and tags of the pilot.
    #expect(text.components(separatedBy: shown).count - 1 == 11)
  }

  /// With thousands of tasks and a thousand pilots the page stays small, and says what it leaves out.
  @Test func whatIsLeftOut() throws {
    var survey = survey
    for number in 0..<2000 {
      survey.pages.append(
        try Self.page(
          "t\(number)", number % 2 == 0 ? "active" : "failed", waits: number % 2 == 0 ? ["w"] : []))
    }
    for number in 0..<1000 {
      survey.pilots.append(
        try Self.pilot(number, cpus: 64, age: .seconds(number == 700 ? 100 : 2)))
    }
    let text = try text(survey)
    #expect(text.utf8.count < 500_000, "\(text.utf8.count) bytes")
    #expect(text.contains("950 more tasks and chains are not shown"))
    #expect(text.contains("980 older ones are not shown"))
    #expect(text.contains("960 reasons are not shown"))
    #expect(text.contains("880 more pilots are not shown"))
    #expect(text.contains("Pilots: 999 at work, 1 lost"))
    // One that somebody should look at is among those that are shown.
    #expect(text.contains("n700-"))
  }

  @Test func barsAndNumbers() throws {
    var survey = survey
    survey.pages = [try Self.page("a", "active")]
    let mean = try text(survey)
    #expect(mean.contains("aria-label=\"of 10 jobs 4 done, 1 failed, 2 running, 1 ready\""))
    #expect(mean.contains("<i class=\"d\" style=\"width:40.00%\"></i>"))
    // 5 jobs in 8 s, and 5 are left.
    #expect(mean.contains("2 run, 0.6/s on average, 8.0 s left"))
    survey.rates = [try #require(Name("a")): 2]
    #expect(try text(survey).contains("2 run, 2.0/s, 2.0 s left"))
    survey.rates = [try #require(Name("a")): 0]
    #expect(try text(survey).contains("<span class=\"small\">2 run</span>"))
  }

  @Test func itIsWholeAndFollows() throws {
    let once = try text(survey)
    #expect(once.hasPrefix("<!doctype html>\n") && once.hasSuffix("</html>\n"))
    #expect(!once.contains("http-equiv=\"refresh\"") && once.contains("default-src 'none'"))
    #expect(!once.contains("http://") && !once.contains("https://") && !once.contains("<script"))
    #expect(once.contains("No task is in work.") && once.contains("No pilot is alive"))
    let again = try text(survey, every: .milliseconds(10_000))
    #expect(again.contains("<meta http-equiv=\"refresh\" content=\"10\">"))
  }

  @Test func aFullDiskIsTold() throws {
    var survey = survey
    survey.disk = FileSystemUsage(size: 1000, free: 100)
    #expect(try !text(survey).contains("highWater"))
    survey.highWater = 90
    #expect(try text(survey).contains("the disk of the spool is 90 % full, and highWater is 90 %"))
    survey.disk?.free = 110
    #expect(try !text(survey).contains("highWater"))
  }
}

extension CommandTests {
  /// `spool page` as a program.
  @Suite(.serialized) struct Pages {
    @Test func aPageThatFollows() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up")
        let bad = try await lab.spool(
          "submit", "--name", "bad", "--count", "2", "--attempts", "1", "--wait", "--",
          "sh", "-c", "echo '<b>no beam</b>' >&2; exit 3")
        #expect(bad.code == 1, Comment(rawValue: bad.said))
        let page = try lab.start("page", "--out", "s.html", "--every", "1s")
        try await lab.waitFor("the page") { lab.text("s.html").hasSuffix("</html>\n") }
        let text = lab.text("s.html")
        #expect(
          text.contains("<b>exit3</b><span>2 jobs, 2 attempts</span>"), Comment(rawValue: text))
        #expect(text.contains("&lt;b&gt;no beam&lt;/b&gt;\n") && !text.contains("<b>no beam"))
        let needy = try await lab.spool(
          "submit", "--name", "needy", "--count", "2", "--cpus", "4000", "--", "true")
        #expect(needy.code == 0, Comment(rawValue: needy.said))
        try await lab.waitFor("the reason") {
          lab.text("s.html").contains(
            "<b>needy</b>: 2 jobs wait in ready: needs 4000 cores; the largest pilot has")
        }
        page.signal(SIGINT)
        #expect(try await lab.end(of: page).code == 130)
        #expect(!lab.names(".").contains { $0.hasSuffix("-new") })
      }
    }

    /// A page is written without a watcher, too, and says so.
    @Test func aPageOfASpoolThatNobodyWatches() async throws {
      try await Lab.run { lab in
        let page = try await lab.spool("page", "--out", "s.html")
        #expect(page.code == 0 && page.said == "", Comment(rawValue: page.said))
        #expect(lab.text("s.html").contains("no watcher is alive"))
        #expect(try await lab.spool("page").code == 64)
        #expect(try await lab.spool("page", "--out", "none/s.html").code == 69)
        #expect(try await lab.spool("page", "--out", "dir/").code == 64)
      }
    }
  }
}
