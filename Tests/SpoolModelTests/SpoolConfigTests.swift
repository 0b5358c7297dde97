import SpoolModel
import Testing

struct SpoolConfigTests {
  private func error(_ text: String) -> RequestError? {
    requestError { _ = try SpoolConfig(bytes(text)) }
  }

  @Test func theDefaultIsReadAsItWasWritten() throws {
    let config = SpoolConfig()
    #expect(try SpoolConfig(config.json.pretty) == config)
    #expect(try SpoolConfig(bytes("{\"format\": 1}")) == config)
    #expect(config.heartbeat == .milliseconds(5000) && config.deadAfter == .milliseconds(60_000))
    #expect(config.keepJobFiles == 1000 && config.infrastructureAttempts == 10)
    #expect(config.stuckAfter == .after(.milliseconds(1_800_000)))
    #expect(
      config.packAfter == .after(.milliseconds(30 * 86_400_000)) && config.removeAfter == .never)
  }

  @Test func everyKeyIsTaken() throws {
    let text = """
      { "format": 1, "dataRoot": "/data", "dataRoots": ["/data/a", "b"],
        "heartbeat": "200ms", "deadAfter": "2s",
        "keepJobFiles": 0, "datasetWait": "2h", "infrastructureAttempts": 3, "returns": 7,
        "partGrace": "1s", "checkpointEvery": 100, "stuckAfter": "never",
        "packAfter": "7d", "removeAfter": "365d",
        "shares": {"alice": 2, "1001": 0.5, "*": 1}, "tokens": {"root-licence": 5, "none": 0},
        "onEnd": {"command": ["notify", "-v"], "timeout": "5s"}, "x-site": "here", "meta": {} }
      """
    let config = try SpoolConfig(bytes(text))
    var expected = SpoolConfig()
    expected.dataRoot = "/data"
    expected.dataRoots = ["/data/a", "b"]
    expected.heartbeat = .milliseconds(200)
    expected.deadAfter = .milliseconds(2000)
    expected.keepJobFiles = 0
    expected.datasetWait = .milliseconds(7_200_000)
    expected.infrastructureAttempts = 3
    expected.returns = 7
    expected.partGrace = .milliseconds(1000)
    expected.checkpointEvery = 100
    expected.stuckAfter = .never
    expected.onEnd = NoticeCommand(command: ["notify", "-v"])
    expected.onEnd?.timeout = .milliseconds(5000)
    expected.packAfter = .after(.milliseconds(7 * 86_400_000))
    expected.removeAfter = .after(.milliseconds(365 * 86_400_000))
    expected.shares = ["alice": 2, "1001": 0.5, "*": 1]
    expected.tokens = ["root-licence": 5, "none": 0]
    #expect(config == expected)
    #expect(try SpoolConfig(config.json.compact) == expected)
  }

  @Test(
    arguments: [
      ("{}", nil, "format", "missing: this is no spool's spool.json"),
      ("{\"format\": 4}", 1, "format", "expected 1, 2 or 3, found 4"),
      (
        "{\"format\": 1,\n\"hartbeat\": \"1s\"}", 2, "hartbeat",
        "unknown key; did you mean \"heartbeat\"?"
      ),
      (
        "{\"format\": 1,\n\"heartbeat\": 5}", 2, "heartbeat",
        "expected a time as \"5s\" or \"1m\", found 5"
      ),
      ("{\"format\": 1,\n\"heartbeat\": \"0s\"}", 2, "heartbeat", "expected at least 1ms"),
      (
        "{\"format\": 1,\n\"deadAfter\": \"14999ms\"}", 2, "deadAfter",
        "expected at least three times heartbeat"
      ),
      (
        "{\"format\": 1,\n\"heartbeat\": \"21s\"}", nil, "deadAfter",
        "expected at least three times heartbeat"
      ),
      (
        "{\"format\": 1,\n\"checkpointEvery\": 99}", 2, "checkpointEvery",
        "expected a whole number from 100 to 10000000, found 99"
      ),
      (
        "{\"format\": 1,\n\"keepJobFiles\": -1}", 2, "keepJobFiles",
        "expected a whole number from 0 to 1000000, found -1"
      ),
      (
        "{\"format\": 1,\n\"stuckAfter\": \"0s\"}", 2, "stuckAfter",
        "expected from 1s to 1157d, or \"never\""
      ),
      (
        "{\"format\": 1,\n\"packAfter\": \"0d\"}", 2, "packAfter",
        "expected at least 1ms, or \"never\""
      ),
      (
        "{\"format\": 1,\n\"removeAfter\": 7}", 2, "removeAfter",
        "expected a time as \"30d\", or \"never\", found 7"
      ),
      (
        "{\"format\": 1,\n\"removeAfter\": \"29d\"}", 2, "removeAfter",
        "expected at least packAfter (2592000000ms)"
      ),
      (
        "{\"format\": 1, \"packAfter\": \"never\",\n\"removeAfter\": \"900d\"}", 2, "removeAfter",
        "expected at least packAfter (never)"
      ),
      (
        "{\"format\": 1,\n\"dataRoots\": [\"/a\", \"b/../c\"]}", 2, "dataRoots[1]",
        "expected a directory without \"..\""
      ),
      (
        "{\"format\": 1,\n\"onEnd\": {}}", 2, "onEnd.command",
        "missing: the program and its arguments, as [\"notify\"]"
      ),
      (
        "{\"format\": 1,\n\"onEnd\": {\"command\": []}}", 2, "onEnd.command",
        "expected a program"
      ),
      (
        "{\"format\": 1,\n\"onEnd\": {\"command\": [\"a\"], \"timeout\": \"2h\"}}", 2,
        "onEnd.timeout", "expected from 1ms to 1h"
      ),
      (
        "{\"format\": 1,\n\"shares\": {\"alice\": 0}}", 2, "shares.alice",
        "expected a number from 0.01 to 1000.0, found 0"
      ),
      ("{\"format\": 1,\n\"shares\": []}", 2, "shares", "expected an object, found an array"),
      (
        "{\"format\": 1,\n\"shares\": {\"\": 1}}", 2, "shares.",
        "expected a user's name, a uid or \"*\""
      ),
      (
        "{\"format\": 1,\n\"tokens\": {\"a b\": 1}}", 2, "tokens.a b",
        "no name of a token: up to 32 of A-Z a-z 0-9 _ -"
      ),
      (
        "{\"format\": 1,\n\"tokens\": {\"a\": -1}}", 2, "tokens.a",
        "expected a whole number from 0 to 1000000, found -1"
      ),
      ("{\"format\": 1,\n\"dataRoot\": 1}", 2, "dataRoot", "expected a string, found 1"),
    ] as [(String, Int?, String, String)])
  func isRefusedAtItsKey(_ text: String, _ line: Int?, _ key: String, _ message: String) {
    #expect(error(text) == RequestError(line: line, key: key, message))
  }

  @Test func textThatIsNotJSONIsToldWithItsPlace() {
    #expect(error("{\"format\": 1,}")?.description.hasPrefix("line 1: not JSON: column 14") == true)
    #expect(error("[1]") == RequestError("expected an object, found an array"))
  }
}

struct DateTests {
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0), ("2026-11-24T22:10:03Z", 1_795_558_203_000),
    ("2028-02-29T00:30+03:00", 1_835_386_200_000),
    ("2027-03-01 08:00:00.25-01:30", 1_803_893_400_000),
  ]) func isRead(_ text: String, _ milliseconds: Int) {
    #expect(Timestamp(rfc3339: text) == Timestamp(milliseconds: milliseconds))
  }

  /// Reading is the inverse of writing, on every day of 130 years.
  @Test func isTheInverseOfWriting() {
    for day in 0..<(130 * 365) {
      let time = Timestamp(milliseconds: day * 86_400_000 + day % 86_400 * 1000)
      let text = "\(time)".replacing(" UTC", with: "Z").replacing(" ", with: "T")
      #expect(Timestamp(rfc3339: text) == time)
    }
  }

  @Test(arguments: [
    "", "tomorrow", "2027-03-01", "2027-03-01T08:00:00", "2027-02-29T00:00Z", "2027-13-01T00:00Z",
    "2027-03-01T24:00Z", "2027-03-01T08:00Zx", "2027-03-01T08:00+3:00", "١٩٧٠-01-01T00:00Z",
  ]) func isNone(_ text: String) { #expect(Timestamp(rfc3339: text) == nil) }
}
