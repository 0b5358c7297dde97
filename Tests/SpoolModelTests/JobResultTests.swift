import SpoolModel
import Testing

struct JobResultTests {
  private func again(_ result: JobResult) throws -> JobResult? {
    JobResult(json: try JSON.parse(result.json.compact))
  }

  @Test func isReadAsItWasWritten() throws {
    var result = try Example.result()
    #expect(try again(result) == result)
    result.outputs = []
    result.report = JSONObject()
    result.log = nil
    result.exit = nil
    result.signal = 9
    result.cpu = 0
    #expect(try again(result) == result)
  }

  @Test func everyCauseIsReadAsItWasWritten() throws {
    for (text, cause, kind) in CauseTests.all {
      var result = try Example.result(cause)
      result.reason = "why\n\"é\""
      #expect(result.json["cause"] == .string(text))
      #expect(result.json["class"] == .string(kind.rawValue))
      #expect(try again(result) == result)
    }
    #expect(try Example.result().json["class"] == "ok")
    #expect(try Example.result().json["cause"] == nil)
  }

  @Test(
    arguments: [
      ("pilot", nil), ("pilot", "a b"), ("host", nil), ("started", nil), ("ended", "now"),
      ("class", nil), ("class", "payload"), ("cause", "lost"), ("outputs", [[:]]),
      ("outputs", [["number": 0, "path": "/p", "part": "p", "size": 1, "adler32": "00000001"]]),
      (
        "outputs",
        [["number": 0, "path": "/p", "part": ".spool./p", "size": 1, "adler32": "00000001"]]
      ),
    ] as [(String, JSON?)])
  func whatAPilotDoesNotWriteIsNone(_ key: String, _ value: JSON?) throws {
    var object = try #require(Example.result().json.object)
    object[key] = value
    #expect(JobResult(json: .object(object)) == nil)
  }

  @Test func theDirectoryOfAPartIsThatOfItsOutput() throws {
    #expect(
      try Example.result().outputs.map(\.partPath)
        == ["/d/reco/.spool.a2@node07-3fa91c22.f17.root"])
  }

  @Test func reportsAreSummed() throws {
    var sums = ReportSums()
    sums.add(JSONObject([.init("b", 1), .init("a", .number(0.5)), .init("text", "x")]))
    sums.add(JSONObject([.init("b", 2), .init("a", .number(0.25))]))
    #expect(String(decoding: sums.json.compact, as: UTF8.self) == #"{"a":0.75,"b":3}"#)
    #expect(ReportSums(sums.json) == sums)
    #expect(ReportSums(nil) == ReportSums())
  }

  /// Whole numbers are exact as far as 64 bits reach, also over a checkpoint.
  @Test func wholeNumbersAreExact() {
    let most = 1 << 53 + 1
    var sums = ReportSums()
    sums.add(JSONObject([.init("n", .integer(most))]))
    sums.add(JSONObject([.init("n", .number(3))]))
    #expect(String(decoding: sums.json.compact, as: UTF8.self) == #"{"n":9007199254740996}"#)
    var read = ReportSums(sums.json)
    for _ in 0..<2 {
      sums.add(JSONObject([.init("n", .integer(.max / 2))]))
      read.add(JSONObject([.init("n", .integer(.max / 2))]))
    }
    #expect(read == sums)
    #expect(sums.sums["n"]?.double == Double(most + 2) + Double(Int.max))
  }

  /// A sum that would be infinite leaves the value out, and says so, wherever the restart falls.
  @Test func sumsStayFinite() {
    let report = JSONObject([.init("x", .number(1e308)), .init("y", 1)])
    var sums = ReportSums()
    sums.add(report)
    sums.add(report, leftOut: ["mean"])
    #expect(String(decoding: sums.json.compact, as: UTF8.self) == #"{"x":1e+308,"y":2}"#)
    #expect(sums.leftOut == ["x": 1, "mean": 1])
    var read = ReportSums(sums.json, leftOut: sums.leftOut)
    read.add(report)
    sums.add(report)
    #expect(read == sums)
  }

  @Test func tasksEnd() {
    #expect(TaskState.allCases.filter(\.hasEnded) == [.done, .failed, .cancelled])
  }
}

struct PilotRecordTests {
  private func record() throws -> PilotRecord {
    var record = PilotRecord(
      pilot: try pilotName("node07-3fa91c22"), host: "node07", version: "0.1.0",
      process: ["pid": 1], queues: [.gpu, .cpu], tags: ["avx2"], cpus: 16, memory: 64 << 30,
      gpus: 2, started: Timestamp(milliseconds: 1_796_000_000_123))
    record.counter = 12
    record.freeCpus = 3
    record.freeMemory = 1 << 30
    record.freeGpus = 1
    record.jobs = 4
    return record
  }

  @Test func isReadAsItWasWritten() throws {
    let record = try record()
    #expect(PilotRecord(try JSON.parse(record.json.compact)) == record)
    // A heartbeat is padded with blanks, so that one write in place replaces all of it.
    #expect(PilotRecord(try JSON.parse(record.json.compact + bytes("    \n"))) == record)
    for key in ["pilot", "host", "version", "counter", "queues", "tags", "free", "process"] {
      var object = try #require(record.json.object)
      object[key] = nil
      #expect(PilotRecord(.object(object)) == nil, "\(key)")
    }
  }

  @Test func slotsAreWhatTheScarcestAllows() throws {
    let record = try record()
    func slots(_ cores: Int, _ memory: Int, _ gpus: Int, _ tags: [String] = []) -> Int {
      record.slots(
        for: Shape(
          queue: gpus > 0 ? .gpu : .cpu, cores: cores, memory: memory, gpus: gpus, tags: tags))
    }
    #expect(slots(1, 1024, 0) == 16)
    #expect(slots(4, 1024, 0, ["avx2"]) == 4)
    #expect(slots(1, 8192, 0) == 8)
    #expect(slots(1, 8300, 0) == 7)
    #expect(slots(1, 0, 1) == 2)
    #expect(slots(17, 1, 0) == 0)
    #expect(slots(1, 65_700, 0) == 0)
    #expect(slots(1, 1, 3) == 0)
    #expect(slots(1, 1, 0, ["ssd"]) == 0)
    var cpuOnly = record
    cpuOnly.queues = [.cpu]
    #expect(
      cpuOnly.slots(for: Shape(queue: .gpu, cores: 1, memory: 1, gpus: 1, tags: [])) == 0)
  }
}
