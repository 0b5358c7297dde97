import SpoolModel
import Testing

struct NameTests {
  @Test(arguments: [
    "a", "0", "Z", "run42.reco", "a-b_c.d", "a.", "a..b", "json", "a.json.x", "a.JSON", "jsonl",
    String(repeating: "x", count: 80),
  ])
  func isAName(_ text: String) throws {
    #expect(try name(text).text == text)
    #expect(try name(text).description == text)
  }

  @Test(arguments: [
    "", ".", ".a", "-a", "_a", "a b", "a/b", "a@b", "a+b", "é", "aé", "a\n", "a\0", "a.json",
    "a.jsonl", ".json", "a:b", "a,b", "a{b", String(repeating: "x", count: 81),
  ])
  func isNoName(_ text: String) { #expect(Name(text) == nil) }

  @Test func pilotsAreNamedAfterTheirHost() {
    #expect(PilotName(host: "node07", random: 0x3fa9_1c22).text == "node07-3fa91c22")
    #expect(PilotName(host: "n.cern.ch", random: 1).text == "n.cern.ch-00000001")
    #expect(PilotName(host: "a_b c/d@é", random: 0).text == "a-b-c-d----00000000")
    #expect(PilotName(host: "", random: 255).text == "host-000000ff")
    #expect(PilotName(host: "._-", random: 255).text == "host-000000ff")
    let long = PilotName(host: String(repeating: "h", count: 100), random: .max).text
    #expect(long.utf8.count == 40)
    #expect(long.hasSuffix("h-ffffffff"))
  }

  @Test(arguments: 0..<100 as Range<UInt64>)
  func anyHostMakesAPilotsName(seed: UInt64) {
    var random = SeededRandom(seed)
    let host = random.text("aZ9.-_@/ é😀\n\0", 0...60)
    let made = PilotName(host: host, random: UInt32.random(in: 0 ... .max, using: &random))
    #expect(PilotName(made.text) == made)
  }

  @Test(arguments: ["", "-a", ".a", "a@b", "a/b", "a b", String(repeating: "x", count: 41)])
  func isNoPilotsName(_ text: String) { #expect(PilotName(text) == nil) }

  @Test func jobsAreOrderedByTaskAndIndex() throws {
    let jobs = [("b", 1), ("a", 12), ("a", 3)].compactMap { entry in
      Name(entry.0).map { JobID(task: $0, index: entry.1) }
    }
    #expect(
      jobs.sorted().map(\.description) == ["a.00000003", "a.00000012", "b.00000001"])
  }

  @Test func jobsAreReadFromTheirDescription() throws {
    let job = JobID(task: try name("run42.reco"), index: 17)
    #expect(job.description == "run42.reco.00000017")
    #expect(JobID("run42.reco.00000017") == job)
    #expect(JobID("a.00000001.00000002") == JobID(task: try name("a.00000001"), index: 2))
    for text in [
      "", "a", "a.1", "a.000000017", "a.0000001x", ".00000001", "a.+0000001", "00000001",
    ] {
      #expect(JobID(text) == nil, "\(text)")
    }
  }
}

struct CauseTests {
  static let all: [(text: String, cause: Cause, kind: Cause.Kind)] = [
    ("exit2", .exit(2), .payload), ("exit255", .exit(255), .payload),
    ("signal9", .signal(9), .payload), ("wall", .wall, .payload), ("memory", .memory, .payload),
    ("output", .output, .payload), ("program", .program, .payload),
    ("lost", .lost, .infrastructure),
    ("spawn", .spawn, .infrastructure), ("input", .input, .infrastructure),
    ("staging", .staging, .infrastructure), ("torn", .torn, .infrastructure),
    ("returned", .returned, .returned), ("cancelled", .cancelled, .final),
    ("exists", .exists, .final), ("refused", .refused, .final),
  ]

  @Test func everyCauseHasOneSpellingAndOneBudget() {
    for (text, cause, kind) in Self.all {
      #expect(cause.description == text)
      #expect(Cause(text) == cause)
      #expect(cause.kind == kind)
    }
  }

  @Test(arguments: [
    "", "ok", "exit", "signal", "exit-1", "exit+2", "exit02", "exit 2", "exit2.5", "exit2222",
    "signal+9", "signal09", "Wall", "wall ", "retry",
  ])
  func isNoCause(_ text: String) { #expect(Cause(text) == nil) }
}
