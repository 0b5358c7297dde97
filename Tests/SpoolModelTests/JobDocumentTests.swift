import SpoolModel
import Testing

/// Jobs and results to try things with.
enum Example {
  static func document() throws -> JobDocument {
    JobDocument(
      job: JobID(task: try name("run42.reco"), index: 17), incarnation: "9c1f", attempt: 2,
      owner: 1001,
      inputs: [
        InputFile(path: "/d/f17.raw", size: 9, adler32: "03da0195"), InputFile(path: "/d/é\n{x}"),
      ],
      verifiesChecksum: true,
      command: [try Template("reco"), try Template("{{x}"), try Template("{output:a}")],
      outputs: [
        JobOutput(path: "/d/reco/f17.root", name: "a", isOptional: false),
        JobOutput(path: "/d/reco/f17.txt", name: nil, isOptional: true),
      ],
      environment: [.init("B", try Template("{scratch}")), .init("A", try Template(""))],
      wall: .seconds(600), memory: 2_000_000_000, stuck: .seconds(1800))
  }

  static func result(_ cause: Cause? = nil) throws -> JobResult {
    var result = JobResult(
      pilot: try pilotName("node07-3fa91c22"), host: "node07.cern.ch",
      started: Timestamp(milliseconds: 1_796_000_000_123),
      ended: Timestamp(milliseconds: 1_796_000_004_456), cause: cause)
    result.exit = 0
    result.cpu = 3.9
    result.memory = 812_000_000
    result.outputs = [
      StagedOutput(
        number: 0, path: "/d/reco/f17.root", part: ".spool.a2@node07-3fa91c22.f17.root", size: 77,
        adler32: "03da0195")
    ]
    result.report = JSONObject([.init("eventsIn", 1000), .init("mean", .number(0.1))])
    result.log = JobResult.LogExtent(
      file: "logs/run42.reco/node07-3fa91c22.log", offset: 0, length: 512)
    return result
  }
}

struct JobDocumentTests {
  @Test func isAsInTheDesign() throws {
    var document = try Example.document()
    document.attempt = 1
    document.inputs = [InputFile(path: "/d/f17.raw", size: 9)]
    document.verifiesChecksum = false
    document.command = [try Template("reco"), try Template("{output}")]
    document.outputs = [JobOutput(path: "/d/reco/f17.root", name: nil, isOptional: false)]
    document.environment = []
    document.stuck = nil
    let text =
      #"{"format":2,"job":"run42.reco.00000017","incarnation":"9c1f","attempt":1,"owner":1001,"#
      + #""inputs":[{"path":"/d/f17.raw","size":9}],"command":["reco","{output}"],"#
      + #""outputs":[{"path":"/d/reco/f17.root"}],"environment":{},"#
      + #""limits":{"wall":600,"memory":2000000000}"#
    let sealed = "\(text),\"crc32\":\"\(CRC32.hex(text.utf8))\"}\n"
    #expect(String(decoding: document.fileContents, as: UTF8.self) == sealed)
    #expect(try JobFile(document.fileContents).document == document)
  }

  @Test func isReadAsItWasWritten() throws {
    let document = try Example.document()
    let file = try JobFile(document.fileContents)
    #expect(file.document == document)
    #expect(file.document.environment.map(\.name) == ["B", "A"])
    #expect(file.document.verifiesChecksum)
    #expect(file.document.inputs == document.inputs)
    #expect(file.result == nil)
  }

  /// Milliseconds are written as seconds, and none is lost.
  @Test func everyWallTimeIsReadAsItWasWritten() throws {
    var document = try Example.document()
    for wall in Array(1...5000) + [123_456_789, 99_999_999_999] {
      document.wall = .milliseconds(wall)
      let read = try JobDocument(JSON.parse(document.json.compact)).wall
      guard read.milliseconds == wall else {
        Issue.record("\(wall) ms became \(read) ms")
        return
      }
    }
  }

  @Test(arguments: [
    "job", "incarnation", "attempt", "owner", "command", "limits",
  ])
  func whatIsMissingIsNamed(_ key: String) throws {
    var object = try #require(Example.document().json.object)
    object[key] = nil
    let error = requestError { _ = try JobDocument(.object(object)) }
    #expect(error?.key?.hasPrefix(key) == true)
  }

  @Test(
    arguments: [
      ("job", "x"), ("job", 1), ("attempt", 0), ("attempt", "1"), ("command", []),
      ("command", [1]), ("command", ["{x}"]), ("limits", ["wall": 0, "memory": 1]),
      ("limits", ["wall": 1]),
      ("limits", ["wall": 1, "memory": 1, "stuck": 0]), ("environment", ["A": 1]), ("inputs", [1]),
      ("inputs", [[:]]),
      ("outputs", [["name": "a"]]),
    ] as [(String, JSON)])
  func whatIsWrongIsRefused(_ key: String, _ value: JSON) throws {
    var object = try #require(Example.document().json.object)
    object[key] = value
    #expect(requestError { _ = try JobDocument(.object(object)) } != nil)
  }

  @Test func partsLieBesideTheirOutput() throws {
    let pilot = try pilotName("node07-3fa91c22")
    let job = try #require(JobID("t.00000003"))
    let output = JobOutput(path: "/d/reco/f17.root", name: nil, isOptional: false)
    #expect(
      output.part(of: job, attempt: 2, pilot: pilot)
        == "/d/reco/.spool.a2@node07-3fa91c22.f17.root")
  }
}

struct JobFileTests {
  private func file() throws -> (job: [UInt8], result: JobResult, offset: Int, added: [UInt8]) {
    let job = try Example.document().fileContents
    let result = try Example.result()
    let addition = try #require(JobFile.addition(of: result, to: job))
    return (job, result, addition.offset, addition.bytes)
  }

  @Test func aResultIsAddedInPlace() throws {
    let (job, result, offset, added) = try file()
    // Only the closing brace and the line's end are written over.
    #expect(offset == job.count - 2)
    #expect(Array(job[offset...]) == bytes("}\n"))
    #expect(added.starts(with: bytes("\n,\"result\":{")))
    #expect(added.suffix(3) == bytes("}}\n")[...])
    #expect(added.filter { $0 == 10 }.count == 2)
    let whole = Array(job[..<offset]) + added
    let read = try JobFile(whole)
    #expect(read.document == (try Example.document()))
    #expect(read.result == result)
    // The job's first line and a brace are the job, for whoever looks with a text tool.
    let line = try #require(whole.firstIndex(of: 10))
    #expect(try JobDocument(JSON.parse(Array(whole[..<line]) + [125])) == read.document)
  }

  /// A write may end after any byte, over what stood there: the job is readable all the same, and
  /// a result is whole or none (R2).
  @Test func tornAtEveryByteItStillIsTheJob() throws {
    let (job, result, offset, added) = try file()
    let document = try Example.document()
    for count in 0...added.count {
      let written = Array(job[..<offset]) + added[..<count]
      let torn = written + job.dropFirst(written.count)
      let read = try JobFile(torn)
      #expect(read.document == document, "\(count) bytes written")
      #expect(read.result == (count >= added.count - 1 ? result : nil), "\(count) bytes written")
    }
  }

  /// Where the file grew before its bytes came, zeros stand in their place.
  @Test func zerosInTheResultLeaveTheJob() throws {
    let (job, _, offset, added) = try file()
    for count in 1..<added.count - 1 {
      let zeros = [UInt8](repeating: 0, count: added.count - count)
      let read = try JobFile(Array(job[..<offset]) + added[..<count] + zeros)
      #expect(read.result == nil, "\(count) bytes written")
      #expect(read.document == (try Example.document()))
    }
  }

  @Test func aJobCutShortIsRefused() throws {
    let job = try Example.document().fileContents
    for count in 0..<job.count - 2 {
      #expect((try? JobFile(Array(job[..<count]))) == nil, "\(count) bytes")
    }
    #expect(try JobFile(Array(job.dropLast())).document == (try Example.document()))
  }

  @Test func whatDoesNotEndAsAJobGetsNoResult() throws {
    let result = try Example.result()
    for text in ["", "}", "\n", "{}", "{}\n\n", "{} \n", "{]\n"] {
      #expect(JobFile.addition(of: result, to: bytes(text)) == nil, "\(text)")
    }
    #expect(JobFile.addition(of: result, to: bytes("{}\n"))?.offset == 1)
  }

  @Test func aResultThatIsNoneIsNotRead() throws {
    let (job, _, offset, _) = try file()
    let none = SealedJSON.encode(["pilot": "node07-3fa91c22"])
    let read = try JobFile(Array(job[..<offset]) + bytes("\n,\"result\":") + none + bytes("}\n"))
    #expect(read.result == nil)
    #expect(read.document == (try Example.document()))
  }

  /// Whatever bit is turned over: the job is refused, or it is the job, with its result or none.
  @Test func noFlippedBitIsBelieved() throws {
    let (job, result, offset, added) = try file()
    let document = try Example.document()
    let whole = Array(job[..<offset]) + added
    for bit in 0..<whole.count * 8 {
      var bytes = whole
      bytes[bit / 8] ^= 1 << UInt8(bit % 8)
      guard let read = try? JobFile(bytes) else { continue }
      #expect(bit / 8 >= offset, "bit \(bit)")
      #expect(read.document == document, "bit \(bit)")
      #expect(read.result == nil || read.result == result, "bit \(bit)")
    }
  }

  /// A file of an earlier version bears no seal, whoever adds the result.
  @Test(arguments: [false, true]) func aFileWithoutSealsIsRead(resultIsSealed: Bool) throws {
    let result = try Example.result()
    var object = try #require(Example.document().json.object)
    object["format"] = 1
    let job = JSON.object(object).compact + [10]
    let text = resultIsSealed ? SealedJSON.encode(result.json) : result.json.compact
    let read = try JobFile(
      Array(job[..<(job.count - 2)]) + bytes("\n,\"result\":") + text + bytes("}\n"))
    #expect(read.document == (try Example.document()))
    #expect(read.result == result)
    #expect(try JobFile(job).result == nil)
  }
}

/// What fits a pilot.
struct ObstacleTests {
  private static func pilot(memory: Int, cpus: Int = 2) throws -> PilotRecord {
    let name = try #require(PilotName("node-00000001"))
    return PilotRecord(
      pilot: name, host: "node", version: "1", process: .null, queues: [.cpu], tags: ["ssd"],
      cpus: cpus, memory: memory, gpus: 0, started: Timestamp(milliseconds: 0))
  }

  private static func shape(_ memory: Int, cores: Int = 1, tags: [String] = []) -> Shape {
    Shape(
      queue: .cpu, cores: cores, memory: TaskSpec.mebibytes(memory), gpus: 0, tags: tags)
  }

  /// Two jobs of 2 GB fit into 4 GB, though each is rounded up.
  @Test func asManyFitAsTheirBytesDo() throws {
    let pilot = try Self.pilot(memory: 4_000_000_000)
    #expect(pilot.slots(for: Self.shape(2_000_000_000)) == 2)
    #expect(pilot.slots(for: Self.shape(4_000_000_000)) == 1)
    #expect(pilot.slots(for: Self.shape(4_010_000_000)) == 0)
  }

  @Test func itIsToldWhatIsLacking() throws {
    let pilots = [try Self.pilot(memory: 4_000_000_000), try Self.pilot(memory: 1_000_000_000)]
    #expect(Self.shape(2_000_000_000).obstacle(among: pilots) == nil)
    #expect(
      Self.shape(8_000_000_000).obstacle(among: pilots)
        == "needs 8.0 GB of memory; the largest pilot has 4.0 GB")
    #expect(
      Self.shape(1, cores: 3).obstacle(among: pilots) == "needs 3 cores; the largest pilot has 2")
    #expect(
      Self.shape(1, tags: ["avx2"]).obstacle(among: pilots)
        == "needs the tag avx2, which no pilot has")
    #expect(Self.shape(1).obstacle(among: [])?.hasPrefix("no pilot is alive") == true)
  }

  /// A pilot takes no job that may outlast it.
  @Test func whoEndsBeforeTheJobIsAnObstacle() throws {
    let job = try #require(JobName(fileName: "p5.t.00000000.a1.c1.m100.g0.w3600.json"))
    var pilots = [try Self.pilot(memory: 4_000_000_000), try Self.pilot(memory: 4_000_000_000)]
    let now = Timestamp(milliseconds: 1_000_000)
    func obstacle() -> String? { Shape.obstacle(to: job, in: .cpu, among: pilots, now: now) }
    pilots[0].ends = now + .seconds(1800)
    #expect(obstacle() == nil)
    pilots[1].ends = now + .seconds(60)
    #expect(obstacle()?.hasPrefix("may take 1h 00m, its wall time; the pilots that") == true)
    #expect(obstacle()?.contains("end in 30m 00s at the latest") == true)
    pilots[1].ends = now + .seconds(3600)
    #expect(obstacle() == nil)
    pilots = []
    #expect(obstacle()?.hasPrefix("no pilot is alive") == true)
  }
}
