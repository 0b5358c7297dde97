import Logging
import SpoolClient
import SpoolModel
import SpoolStore
import Testing

@testable import SpoolGateway

/// Who may do what, and what is refused.
@Suite(.serialized) struct AccessTests {
  private static let task = """
    {"kind": "task", "name": "t", "input": {"count": 2}, "command": ["true"]}
    """

  @Test func otherAddressesNeedTokens() throws {
    let lab = try Lab()
    var options = GatewayOptions(spool: lab.spool, place: .port(host: "0.0.0.0", 0))
    let failure = #expect(throws: Failure.self) { try Gateway(options, logger: .init(label: "t")) }
    #expect(failure?.message.contains("--tokens") == true)
    options.tokens = "\(lab.directory)/tokens"
    #expect(throws: Failure.self) { try Gateway(options, logger: .init(label: "t")) }
    let made = try TokenFile.make(name: "a", role: "read")
    try TokenFile("\(lab.directory)/tokens").add(made)
    _ = try Gateway(options, logger: .init(label: "t"))
    #expect(throws: Failure.self) { try TokenFile("\(lab.directory)/tokens").add(made) }
    #expect(throws: Failure.self) { try TokenFile.make(name: "a", role: "king") }
  }

  @Test func roles() async throws {
    try await withLab { lab in
      var tokens: [String: String] = [:]
      let file = TokenFile("\(lab.directory)/tokens")
      for (name, role) in [
        ("reader", "read"), ("alice", "submit"), ("bob", "submit"), ("boss", "operate"),
      ] {
        let made = try TokenFile.make(name: name, role: role)
        try file.add(made)
        tokens[name] = made.token
      }
      lab.use(token: try #require(tokens["boss"]))
      try lab.startSpool()
      try await lab.start { $0.tokens = "\(lab.directory)/tokens" }
      func fields(_ name: String) -> [String: String] {
        ["Authorization": "Bearer \(tokens[name] ?? "wrong")"]
      }
      for token in [
        ["Authorization": ""], fields("nobody"), ["Authorization": "Basic \(tokens["boss"] ?? "")"],
      ] {
        let answer = try await lab.get("/api/v1/tasks", fields: token)
        #expect(answer.status == 401 && answer.fields["www-authenticate"] != nil)
      }
      #expect(try await lab.get("/api/v1/tasks", fields: fields("reader")).status == 200)
      #expect(try await lab.get("/", fields: ["Authorization": ""]).status == 200, "the page")
      let post = "/api/v1/tasks?wait=20s"
      #expect(try await lab.post(post, Self.task, fields: fields("reader")).status == 403)
      #expect(try await lab.post(post, Self.task, fields: ["Authorization": ""]).status == 401)
      let made = try await lab.post(post, Self.task, fields: fields("alice"))
      #expect(
        made.json["task"]?["request"]?["x-submitted-by"] == "alice", Comment(rawValue: made.text))
      let forged = Self.task.replacing("\"t\"", with: "\"u\", \"x-submitted-by\": \"boss\"")
      let marked = try await lab.post(post, forged, fields: fields("alice"))
      #expect(marked.json["task"]?["request"]?["x-submitted-by"] == "alice")
      let order = "/api/v1/tasks/t/priority?wait=20s"
      let priority = #"{"priority": 3}"#
      let other = try await lab.post(order, priority, fields: fields("bob"))
      #expect(other.status == 403 && other.detail.contains("submitted by alice"))
      #expect(try await lab.post("/api/v1/pilots/x/drain", fields: fields("alice")).status == 403)
      for name in ["alice", "boss"] {
        let answer = try await lab.post("/api/v1/tasks/t/hold", fields: fields(name))
        #expect(answer.status == 202, Comment(rawValue: answer.text))
      }
    }
  }

  @Test func strangeRequestsAreRefused() async throws {
    try await withLab { lab in
      try await lab.start()
      let foreign = try await lab.get("/api/v1/tasks", fields: ["Host": "evil.example"])
      #expect(foreign.status == 421 && foreign.detail.contains("evil.example"))
      let bare = try await lab.post("/api/v1/tasks", Self.task, fields: ["X-Spool": ""])
      #expect(bare.status == 403 && bare.detail.contains("X-Spool"))
      let method = try await lab.send("PUT", "/api/v1/tasks")
      #expect(method.status == 405 && method.fields["allow"] == "GET, POST")
      #expect(try await lab.get("/api/v1/nothing").status == 404)
      let unknown = try await lab.get("/api/v1/tasks?stat=done")
      #expect(unknown.status == 400 && unknown.detail.contains("state"))
      for query in [
        "limit=0", "limit=1001", "limit=x", "cursor=x", "state=good", "limit=1&limit=2",
      ] {
        #expect(try await lab.get("/api/v1/tasks?\(query)").status == 400, "\(query)")
      }
      let large = try await lab.send(
        "POST", "/api/v1/tasks", fields: ["Content-Length": "104857600"])
      #expect(large.status == 413 && large.fields["connection"] == "close")
      let chunk = String(repeating: "a", count: 1 << 20)
      let chunked =
        "POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nX-Spool: 1\r\n"
        + "Transfer-Encoding: chunked\r\n\r\n"
        + (0..<20).map { _ in "100000\r\n\(chunk)\r\n" }.joined()
      #expect([0, 413].contains(try await lab.raw(chunked).status))
      #expect(try await lab.get("/healthz").status == 200, "it lives")
    }
  }

  @Test(arguments: [
    "..", "../..", "..%2f..%2fetc%2fpasswd", "%2e%2e", "a%00b", "a%2fb", "%c0%ae%c0%ae", "a%0d%0ab",
    ".",
    "con%5c..", "~root", "a%20b", String(repeating: "a", count: 5000),
  ])
  func pathTricks(_ text: String) async throws {
    try await withLab { lab in
      try await lab.start()
      for path in [
        "tasks/\(text)", "tasks/\(text)/jobs", "tasks/\(text)/jobs/0/log", "tasks/t/jobs/\(text)",
        "datasets/\(text)", "datasets/\(text)/files", "pilots/\(text)", "tasks/\(text)/explain",
        "files?path=\(text)", "tasks?cursor=\(text)", "events?task=\(text)x%2f",
      ] {
        let answer = try await lab.get("/api/v1/\(path)")
        #expect((400..<500).contains(answer.status), "\(path.prefix(80)): \(answer.status)")
      }
      for path in ["tasks/\(text)/hold", "datasets/\(text)/close", "pilots/\(text)/drain"] {
        let answer = try await lab.post("/api/v1/\(path)")
        #expect((400..<500).contains(answer.status), "\(path.prefix(80)): \(answer.status)")
      }
      let page = try await lab.get("/\(text)")
      #expect(
        page.status == 404 || page.fields["content-type"]?.hasPrefix("text/html") == true
          || page.status == 400)
      #expect(try lab.spool.names(in: .incoming, fresh: true).isEmpty)
    }
  }

  @Test(arguments: [
    "\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n",
    "GET / HTTP/1.1\r\nHost localhost\r\n\r\n",
    "POST /api/v1/tasks HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    "POST /api/v1/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "GET /api/v1/tasks HTTP/1.1\r\n\r\n",
    "GET \(String(repeating: "/a", count: 40_000)) HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\n\((0..<500).map { "X-\($0): y\r\n" }.joined())\r\n",
  ])
  func whatIsNoHTTP(_ text: String) async throws {
    try await withLab { lab in
      try await lab.start()
      let answer = try await lab.raw(text, ends: true)
      #expect(answer.status == 0 || (400..<500).contains(answer.status), "\(answer.status)")
      #expect(try await lab.get("/healthz").status == 200, "it lives")
    }
  }

  @Test func callersWhoAskTooOften() async throws {
    try await withLab { lab in
      try await lab.start { $0.rate = 10 }
      var statuses: [Int] = []
      for _ in 0..<40 { statuses.append(try await lab.get("/api/v1/queues").status) }
      #expect(statuses.contains(200) && statuses.contains(429))
      let answer = try await lab.get("/api/v1/queues")
      if answer.status == 429 { #expect(answer.fields["retry-after"] == "1") }
    }
  }
}
