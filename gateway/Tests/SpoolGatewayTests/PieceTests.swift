import SpoolClient
import SpoolModel
import SpoolStore
import Testing

@testable import SpoolGateway

/// The pieces of the gateway that need no network.
struct PieceTests {
  // MARK: Ledgers and cursors

  @Test func headsOfLedgerLines() {
    let task = Array("run.reco".utf8)
    func head(_ text: String) -> LedgerHead? { LedgerHead(Array(text.utf8), of: task) }
    let done = head(#"{"job":"run.reco.00000017","attempt":2,"outcome":"ok","pilot":"n"}"#)
    #expect(done?.index == 17 && done?.attempt == 2 && done?.isLast == true)
    #expect(done?.isFailure == false)
    let failed = head(#"{"job":"run.reco.00000003","attempt":1,"outcome":"exit2","final":true,"#)
    #expect(failed?.outcome == "exit2" && failed?.isLast == true)
    let again = head(#"{"job":"run.reco.00000003","attempt":1,"outcome":"exit2","final":false,"#)
    #expect(again?.isLast == false)
    #expect(head(#"{"job":"run.reco2.00000003","attempt":1,"outcome":"ok"}"#) == nil)
    #expect(head(#"{"format":2,"kind":"ledger","name":"run.reco"}"#) == nil)
    #expect(head("") == nil && head(#"{"job":"run.reco.00000003","attempt":"#) == nil)
  }

  @Test func numbersInLines() {
    let line = Array(#"{"started":1795821209997,"ended":12,"x":"ended"}"#.utf8)
    #expect(LineNumbers.value(Array(#""ended":"#.utf8), in: line) == 12)
    #expect(LineNumbers.value(Array(#""started":"#.utf8), in: line) == 1_795_821_209_997)
    #expect(LineNumbers.value(Array(#""x":"#.utf8), in: line) == nil)
    #expect(LineNumbers.value(Array(#""none":"#.utf8), in: []) == nil)
  }

  @Test func cursors() {
    #expect(NameCursor("17~run.reco") == NameCursor(time: 17, name: "run.reco"))
    for text in ["", "17", "~a", "x~a", "17~../a", "17~"] { #expect(NameCursor(text) == nil) }
    #expect(LineCursor("120")?.offset == 120)
    for text in ["", "-1", "+1", "01", "1e9", "9999999999999999"] {
      #expect(LineCursor(text) == nil)
    }
  }

  // MARK: Access

  @Test func digests() {
    func hex(_ text: String) -> String { Hex.text(Tokens.digest(of: text)) }
    #expect(hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    #expect(
      hex(String(repeating: "a", count: 1000))
        == "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3")
  }

  @Test func tokens() throws {
    let (token, entry) = Tokens.make(name: "alice", role: .submit)
    let tokens = try Tokens(
      "# people\n\n\(entry.line)\nbob read \(String(repeating: "0", count: 64))\n")
    #expect(tokens.entries.count == 2)
    #expect(tokens.caller(token) == Caller(name: "alice", role: .submit))
    #expect(tokens.caller(token.dropLast()) == nil && tokens.caller("") == nil)
    #expect(tokens.caller(Hex.text(entry.digest)) == nil, "the digest is no token")
    for (text, words) in [
      ("alice", "line 1: expected NAME ROLE SHA256"), ("\na b c", "line 2: \"b\" is no role"),
      ("a read 00", "expected NAME ROLE SHA256"),
      ("\(entry.line)\n\(entry.line)", "line 2: the name alice is given twice"),
    ] {
      let error = #expect(throws: RequestError.self) { try Tokens(text) }
      #expect(
        error?.description.hasPrefix(words) == true || error?.description.contains(words) == true)
    }
  }

  @Test func hosts() {
    let hosts = HostCheck(names: HostCheck.loopback.union(["spool.example"]))
    for good in [
      "localhost", "LOCALHOST:80", "127.0.0.1:8787", "[::1]:1", "spool.example.",
      "spool.example:443",
    ] {
      #expect(hosts.allows(good), "\(good)")
    }
    for bad in [
      "evil.example", "localhost.evil.example", "", "127.0.0.1.evil.example:80", "localhost:x",
    ] {
      #expect(!hosts.allows(bad), "\(bad)")
    }
    #expect(!hosts.allows(nil) && HostCheck(names: nil).allows(nil))
  }

  @Test func rates() {
    let limit = RateLimit(rate: 10, burst: 3)
    let begin = SystemTime().instant
    let first = (0..<5).map { _ in limit.allows("a", at: begin) }
    #expect(first == [true, true, true, false, false])
    #expect(limit.allows("b", at: begin), "each caller has a bucket")
    #expect(limit.allows("a", at: begin + .milliseconds(100)))
    #expect(!limit.allows("a", at: begin + .milliseconds(110)))
    let later = (0..<5).map { _ in limit.allows("a", at: begin + .seconds(100)) }
    #expect(later == first, "the bucket has a brim")
  }

  @Test func addressesOfThisHost() {
    for good in ["127.0.0.1", "127.1.2.3", "localhost", "::1"] {
      #expect(GatewayOptions.isLoopback(good))
    }
    for bad in ["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.evil.example", "127.evil.example", ""] {
      #expect(!GatewayOptions.isLoopback(bad), "\(bad)")
    }
  }

  // MARK: Events

  private func text(_ batch: EventLog.Batch) -> String {
    if case .events(let bytes, _) = batch { String(decoding: bytes, as: UTF8.self) } else { "lost" }
  }

  @Test func eventsAfterOne() throws {
    let log = EventLog(life: "l")
    let task = try #require(Name("t"))
    log.publish([("task", task, false, Array("{}".utf8)), ("summary", nil, false, Array("1".utf8))])
    #expect(
      text(log.batch(after: 0, task: nil))
        == "id: l-1\nevent: task\ndata: {}\n\nid: l-2\nevent: summary\ndata: 1\n\n")
    #expect(text(log.batch(after: 1, task: nil)).hasPrefix("id: l-2"))
    #expect(text(log.batch(after: 0, task: task)) == "id: l-1\nevent: task\ndata: {}\n\n")
    #expect(log.number("l-1") == 1 && log.number("l-3") == nil && log.number("k-1") == nil)
    log.publish([("attempt", task, true, Array("2".utf8))])
    #expect(
      text(log.batch(after: 2, task: nil)) == "", "attempts are for those who follow the task")
    #expect(text(log.batch(after: 2, task: task)).contains("attempt"))
  }

  @Test func oldEventsAreLost() {
    let log = EventLog(life: "l")
    let many = EventLog.most * 3
    for _ in 0..<many / 100 {
      log.publish((0..<100).map { _ in ("summary", nil, false, Array("1".utf8)) })
    }
    #expect(text(log.batch(after: 0, task: nil)) == "lost")
    #expect(text(log.batch(after: log.last - 1, task: nil)).hasPrefix("id: l-\(log.last)"))
  }

  @Test func waitingEndsByAnEventOrTheEnd() async {
    let log = EventLog(life: "l")
    async let first: Void = log.wait(after: 0)
    log.publish([("summary", nil, false, [])])
    log.wakeAll()
    await first
    async let second: Void = log.wait(after: 1)
    log.close()
    await second
    let other = EventLog(life: "m")
    let task = Task { await other.wait(after: 0) }
    task.cancel()
    await task.value
    #expect(log.isClosed && !other.isClosed)
  }

  // MARK: History and metrics

  @Test func history() {
    var history = History()
    let begin = Timestamp(milliseconds: 600_000)
    history.add(done: 3, failed: 1, at: begin)
    history.add(done: 3, failed: 0, at: begin + .seconds(61))
    #expect(history.json(at: begin + .seconds(61)) == [[600, 3, 1], [660, 3, 0]])
    #expect(history.rate(at: begin + .seconds(61)) == 0.1)
    #expect(history.rate(at: begin + .seconds(600)) == 0)
    for minute in 2..<1000 { history.add(done: 1, failed: 0, at: begin + .seconds(60 * minute)) }
    #expect(history.json(at: begin + .seconds(60 * 999)).array?.count == History.most)
  }

  @Test func metricsInBothFormats() {
    for isOpen in [true, false] {
      var text = MetricsText(isOpen: isOpen)
      text.family("a", .counter, "A.")
      text.counter("a", [("l", "x\"\\\n")], 2)
      text.end()
      let name = isOpen ? "a" : "a_total"
      #expect(
        text.text == "# HELP \(name) A.\n# TYPE \(name) counter\na_total{l=\"x\\\"\\\\\\n\"} 2\n"
          + (isOpen ? "# EOF\n" : ""))
    }
    var histogram = Histogram()
    for value in [0.05, 3, 1e9] { histogram.add(value) }
    var text = MetricsText(isOpen: true)
    text.histogram("h", histogram)
    #expect(
      text.text.contains("h_bucket{le=\"0.1\"} 1\n") && text.text.contains("h_bucket{le=\"5\"} 2\n")
    )
    #expect(text.text.contains("h_bucket{le=\"+Inf\"} 3\n") && text.text.contains("h_count 3\n"))
  }

  // MARK: Files and description

  /// The list of files in the program is held against the directories.
  @Test func filesInTheProgram() throws {
    let files = PosixFileSystem()
    let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    for (directory, prefix, ending) in [
      ("Sources/SpoolGateway/Page", "", ""), ("../docs/schema", "schema/", ".schema.json"),
    ] {
      for name in try files.list("\(root)/\(directory)", fresh: false).names {
        let bytes = try files.read("\(root)/\(directory)/\(name)", limit: 1 << 24)
        let own = prefix + name.dropLast(ending.count)
        #expect(EmbeddedFiles.all[own] == bytes, "run scripts/gateway-files.py: \(name)")
      }
    }
  }

  /// Every route is described, with its parameters, and every reference leads somewhere.
  @Test func description() throws {
    let document = try JSON.parse(Gateway.description)
    #expect(document["openapi"] == "3.1.0")
    for route in Gateway.routes {
      let operation = document["paths"]?[route.path]?["\(route.method)".lowercased()]
      let names = operation?["parameters"]?.array?.compactMap { $0["name"]?.string } ?? []
      for name in route.pathParameters + route.parameters.map(\.name) {
        #expect(names.contains(name), "\(route.path) \(name)")
      }
      #expect((operation?["requestBody"] != nil) == (route.body != nil))
      #expect(names.contains("X-Spool") == route.isWrite)
    }
    var references: Set<String> = []
    collect(document, &references)
    #expect(references.count > 20)
    for reference in references {
      var place: JSON? = document
      for part in reference.dropFirst(2).split(separator: "/") { place = place?[String(part)] }
      #expect(place != nil, "\(reference)")
    }
    let identifiers = Gateway.routes.map { "\($0.method) \($0.path)" }
    #expect(Set(identifiers).count == identifiers.count)
  }

  private func collect(_ json: JSON, _ references: inout Set<String>) {
    switch json {
    case .array(let values): for value in values { collect(value, &references) }
    case .object(let object):
      for member in object.members {
        if member.key == "$ref", let text = member.value.string { references.insert(text) }
        collect(member.value, &references)
      }
    default: break
    }
  }
}
