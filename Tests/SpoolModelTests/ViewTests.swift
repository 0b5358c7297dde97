import SpoolModel
import Testing

/// Pages and lines: what the watcher once wrote is read, and written again byte by byte.
struct ViewTests {
  private static func recordings() throws -> [RecordedFiles] {
    try ["run.txt", "end.txt"].map(RecordedFiles.init)
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  /// Checks that every file whose JSON has this kind is read, and comes out as it was.
  private static func check(_ kind: String, atLeast least: Int, _ again: (JSON) -> JSON?) throws {
    var count = 0
    for file in try recordings().flatMap(\.files) where file.path.hasSuffix(".json") {
      let json = try JSON.parse(file.bytes)
      guard json["kind"]?.string == kind else { continue }
      let page = try #require(again(json), "\(file.path)")
      #expect(text(SealedJSON.seal(page.pretty)) == text(file.bytes), "\(file.path)")
      count += 1
    }
    #expect(count >= least)
  }

  private static func checkLines(
    _ directory: String, _ ending: String, atLeast least: Int, _ again: (JSON) -> JSON?
  ) throws {
    var count = 0
    for file in try recordings().flatMap({ $0.below(directory, ending) }) {
      for line in file.lines {
        let json = try #require(again(JSON.parse(line)), "\(text(line))")
        #expect(text(SealedJSON.encode(json)) == text(line))
        count += 1
      }
    }
    #expect(count >= least)
  }

  @Test func taskPagesOfARun() throws {
    try Self.check("summary", atLeast: 10) { TaskSummary($0)?.json }
  }

  @Test func chainPagesOfARun() throws {
    try Self.check("chain-summary", atLeast: 2) { ChainSummary($0)?.json }
  }

  @Test func datasetPagesOfARun() throws {
    try Self.check("dataset-summary", atLeast: 8) { DatasetSummary($0)?.json }
  }

  @Test func ledgersOfARun() throws {
    try Self.checkLines("ledger", ".jsonl", atLeast: 24) { LedgerLine($0)?.json }
    try Self.checkLines("archive", ".ledger.jsonl", atLeast: 4) { LedgerLine($0)?.json }
  }

  @Test func cataloguesOfARun() throws {
    try Self.checkLines("datasets", ".jsonl", atLeast: 30) { CatalogueLine($0)?.json }
  }

  /// What the recorded run has no example of: every key at once.
  @Test func everyKeyOfATaskPage() throws {
    let json = try parsed(
      #"""
      {"format":1,"kind":"summary","task":"c.a","state":"waiting","packed":true,"reason":"r","waitsFor":"d","waitsSince":5,"lacks":"e","chain":"c","jobs":{"total":9,"done":1,"failed":2,"open":true,"ready":3,"running":2,"retrying":1},"attempts":4,"failedAttempts":{"exit3":2,"lost":1},"failures":{"exit3":2},"failedJobs":["c.a.00000003"],"report":{"a":0.25,"b":3},"cpu":1.125,"runTime":2.5,"peakMemory":7,"outputs":{"files":1,"bytes":77},"accepted":1,"started":2,"ended":3,"priority":4,"queue":"gpu","resources":{"cpus":2,"gpus":1,"memory":5,"wall":0.5,"tags":["avx2"]},"owner":1000,"incarnation":"9c1f","request":{"kind":"task"}}
      """#)
    let page = try #require(TaskSummary(json))
    #expect(page.jobs.live?.retrying == 1)
    #expect(page.totals.cpu == .milliseconds(1125))
    #expect(page.resources.wall == .milliseconds(500))
    #expect(page.json == json)
    #expect(page.json.compact == json.compact)
    var head = page
    head.request = nil
    #expect(head.object.members == Array(page.object.members.dropLast()))
  }

  @Test func everyKeyOfAChainPage() throws {
    let json = try parsed(
      #"""
      {"format":1,"kind":"chain-summary","chain":"c","state":"active","packed":true,"reason":"a: r","jobs":{"total":9,"done":1,"failed":2,"ready":3,"running":2,"retrying":1,"open":true},"steps":[{"name":"a","task":"c.a","state":"active","reason":"r","waitsFor":"d","lacks":"e","jobs":{"total":9,"done":1,"failed":2,"open":true,"ready":3,"running":2,"retrying":1},"attempts":4,"failedAttempts":{"exit3":2},"failedJobs":[{"job":"c.a.00000003","input":"/d/x"},{"job":"c.a.00000004"}],"report":{},"cpu":0.0,"runTime":0.0,"peakMemory":0,"outputs":{"files":0,"bytes":0},"started":2,"ended":3}],"eventsIn":10.0,"eventsOut":3.0,"suppression":3.333,"cpu":0.0,"accepted":1,"started":2,"ended":3,"owner":1000,"incarnation":"9c1f","request":{"kind":"chain"}}
      """#)
    let page = try #require(ChainSummary(json))
    #expect(page.steps[0].failedJobs.map(\.input) == ["/d/x", nil])
    #expect(page.json.compact == json.compact)
    #expect(EventFlow(eventsIn: 4, eventsOut: 0).suppression == nil)
  }

  @Test func everyKeyOfADatasetPage() throws {
    let json = try parsed(
      #"""
      {"format":1,"kind":"dataset-summary","dataset":"d","state":"deleting","files":3,"bytes":9,"unsized":1,"expected":3,"closing":5,"watches":[{"directory":"/b","pattern":"*.raw","closeOn":"end","files":2,"marked":6,"pending":1,"trouble":"t"},{"directory":"/c","pattern":"*","files":0}],"producers":[{"task":"t","state":"done"}],"consumers":[{"task":"u","state":"held"}],"retention":"5000ms","removed":{"files":1,"bytes":3}}
      """#)
    let page = try #require(DatasetSummary(json))
    #expect(page.retention == .time(.seconds(5)))
    #expect(page.json.compact == json.compact)
  }

  @Test func ledgerLinesOfEveryKind() throws {
    let lost =
      #"{"job":"t.00000004","attempt":1,"outcome":"lost","final":true,"pilot":"n-1","registered":9,"reason":"its pilot died","position":{"source":-1,"offset":54,"files":1,"end":81,"memory":5}}"#
    let cancelled =
      #"{"job":"t.00000005","attempt":1,"outcome":"cancelled","final":true,"registered":9,"reason":"r","position":{"source":0,"offset":0,"files":1,"end":1}}"#
    let staging =
      #"{"job":"t.00000006","attempt":2,"outcome":"staging","final":false,"pilot":"n-1","host":"n","started":1,"ended":2,"exit":0,"class":"ok","cpu":0.5,"memory":3,"registered":9,"reason":"gone","retryAt":11}"#
    for text in [lost, cancelled, staging] {
      let line = try #require(LedgerLine(parsed(text)))
      #expect(Self.text(line.json.compact) == text)
      #expect(line.failure?.registered == Timestamp(milliseconds: 9))
    }
    #expect(LedgerLine(try parsed(staging))?.retryAt == Timestamp(milliseconds: 11))
    #expect(LedgerLine(try parsed(lost))?.isFinalFailure == true)
    #expect(LedgerLine(try parsed(cancelled))?.pilot == nil)
    let header = #"{"format":1,"kind":"ledger","name":"run42.reco"}"#
    #expect(LedgerLine(try parsed(header)) == nil)
  }

  @Test func catalogueLinesOfEveryOrigin() throws {
    let texts = [
      #"{"path":"/d/a","origin":{"manifest":"raw.json"}}"#,
      #"{"path":"/d/b","size":9,"adler32":"03da0195","meta":{"shift":3},"origin":{"manifest":"m.jsonl","line":3}}"#,
      #"{"path":"/d/c","size":9,"origin":{"watch":"/d"}}"#,
      #"{"path":"/d/f","size":7,"adler32":"03da0195","origin":{"job":"t.00000017","attempt":1},"parents":["/d/a"],"report":{"eventsIn":1}}"#,
    ]
    let lines = try texts.map { try #require(CatalogueLine(parsed($0))) }
    #expect(lines.map { Self.text($0.json.compact) } == texts)
    #expect(lines.compactMap(\.job).map(\.index) == [17])
    #expect(CatalogueLine(try parsed(#"{"format":1,"kind":"catalogue","name":"d"}"#)) == nil)
  }

  @Test func pilotRecords() throws {
    let text =
      #"{"format":1,"pilot":"n-3fa91c22","host":"n","version":"0.1.0","counter":3,"started":1,"state":"quarantined","reason":"r","trouble":"t","ends":9,"queues":["cpu"],"tags":["avx2"],"cpus":16,"memory":64,"gpus":1,"free":{"cpus":12,"memory":56,"gpus":0},"jobs":4,"process":{"pid":5481,"start":"500622","boot":"e87f","namespace":"4026531836"}}"#
    let record = try #require(PilotRecord(parsed(text)))
    #expect(Self.text(record.json.compact) == text)
    let process = try #require(ProcessRecord(record.process))
    #expect(process.start == 500_622 && process.json == record.process)
    #expect(ProcessRecord(["pid": 1, "start": 2, "boot": "", "namespace": "3"]) == nil)
  }

  @Test func anAttemptInWorkHasTheFormOfALedgerLine() throws {
    let job = try JobID(task: name("t"), index: 3)
    let pilot = try pilotName("n-1")
    let line = LedgerLine.current(job, attempt: 2, outcome: "running", pilot: pilot)
    #expect(
      Self.text(line.compact)
        == #"{"job":"t.00000003","attempt":2,"outcome":"running","pilot":"n-1"}"#)
    #expect(LedgerLine(line) == nil)
  }

  @Test func tasksOfARequestAreChanged() throws {
    let chain = try parsed(#"{"kind":"chain","steps":[{"command":["a"]},{"name":"x"}]}"#)
    let name = { (object: JSONObject) in
      var object = object
      object["name"] = "y"
      return object
    }
    #expect(
      Self.text(Request.mapTasks(chain, name).compact)
        == #"{"kind":"chain","steps":[{"command":["a"],"name":"y"},{"name":"x"}]}"#)
    let task = try parsed(#"{"kind":"task","command":["a"]}"#)
    #expect(Request.mapTasks(task, name)["name"] == "y")
    #expect(Request.mapTasks(.null, name) == .null)
  }

  /// A page cut short, or of another kind, is none.
  @Test func whatIsNoPageIsNotRead() throws {
    let page = try parsed(#"{"format":1,"kind":"summary","task":"t","state":"done"}"#)
    #expect(TaskSummary(page) == nil)
    #expect(ChainSummary(page) == nil)
    #expect(DatasetSummary(page) == nil)
    #expect(TaskSummary(.null) == nil)
  }

  @Test func countsOfAChainAreThoseOfItsSteps() {
    let live = JobCounts.Live(isOpen: true, ready: 1, running: 2, retrying: 3)
    let steps = [
      JobCounts(total: 8, done: 1, failed: 1, live: live), JobCounts(total: 2, done: 2, failed: 0),
    ]
    #expect(
      JobCounts.sum(steps, hasEnded: false)
        == JobCounts(total: 10, done: 3, failed: 1, live: live))
    #expect(JobCounts.sum(steps, hasEnded: true).live == nil)
  }

  @Test func secondsThatNoDurationHolds() {
    #expect(Duration(inSeconds: 0.0015) == .milliseconds(2))
    #expect(Duration(inSeconds: -1) == .zero)
    #expect(Duration(inSeconds: .nan) == .zero)
    #expect(Duration(inSeconds: 1e300).milliseconds == 1 << 53)
    #expect(Duration.milliseconds(1250).inSeconds == 1.25)
  }

  private func parsed(_ text: String) throws -> JSON { try JSON.parse(bytes(text)) }
}
