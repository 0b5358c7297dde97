import SpoolModel
import SpoolStore
import Testing

@testable import SpoolGateway

/// Requests through the gateway.
@Suite(.serialized) struct WriteTests {
  private static let task = """
    {"kind": "task", "name": "t", "input": {"count": 2}, "command": ["true"]}
    """

  @Test func ordersAndWhatComesOfThem() async throws {
    try await withLab { lab in
      try lab.startSpool()
      try await lab.start()
      try await lab.submit("t", count: 2, "exit 1", more: #", "retry": {"attempts": 1}"#)
      try await lab.wait(for: "t", "failed")
      let retried = try await lab.post("/api/v1/tasks/t/retry?wait=20s", #"{"failedOnly": true}"#)
      #expect(retried.status == 200, Comment(rawValue: retried.text))
      #expect(retried.json["text"] == "t goes on: what failed is tried again")
      try await lab.wait(for: "t", "failed")
      try await lab.submit("long", count: 1, "sleep 600")
      let held = try await lab.post("/api/v1/tasks/long/hold?wait=20s")
      #expect(held.json["task"]?["state"] == "held", Comment(rawValue: held.text))
      let priority = try await lab.post("/api/v1/tasks/long/priority?wait=20s", #"{"priority": 1}"#)
      #expect(priority.json["text"] == "long has priority 1 now")
      let limit = try await lab.post("/api/v1/tasks/long/limit?wait=20s", #"{"maxRunning": 7}"#)
      #expect(limit.json["text"] == "long has the limit 7 now")
      #expect(try await lab.post("/api/v1/tasks/long/release?wait=20s").status == 200)
      let cancelled = try await lab.send("DELETE", "/api/v1/tasks/long?wait=30s")
      #expect(cancelled.json["task"]?["state"] == "cancelled", Comment(rawValue: cancelled.text))
      let bad = try await lab.post("/api/v1/tasks/long/priority", #"{"priority": 12}"#)
      #expect(bad.status == 400 && bad.json["key"] == "priority")
      #expect(try await lab.post("/api/v1/tasks/nobody/hold").status == 404)
      // The watcher's own word.
      let refused = try await lab.post("/api/v1/tasks/long/forget?wait=20s", #"{"task": "t"}"#)
      #expect(refused.status == 400 && refused.json["key"] == "task")
      let check = try await lab.run(["check", "--spool", lab.spool.layout.root])
      #expect(check.code == 0, Comment(rawValue: check.output))
    }
  }

  @Test func datasets() async throws {
    try await withLab { lab in
      try lab.startSpool()
      try await lab.start()
      let made = try await lab.post(
        "/api/v1/datasets?wait=20s",
        #"{"kind": "dataset", "name": "d", "files": [{"path": "/data/a", "size": 5}]}"#)
      #expect(made.status == 200, Comment(rawValue: made.text))
      let added = try await lab.post(
        "/api/v1/datasets/d/files?wait=20s", #"{"files": ["/data/b"]}"#)
      #expect(added.status == 200, Comment(rawValue: added.text))
      let lines = "{\"kind\": \"dataset\", \"name\": \"d\"}\n{\"path\": \"/data/c\"}\n"
      let third = try await lab.post(
        "/api/v1/datasets?wait=20s", lines, fields: ["Content-Type": "application/x-ndjson"])
      #expect(third.status == 200, Comment(rawValue: third.text))
      try await lab.until("the files are there") {
        try await lab.get("/api/v1/datasets/d").json["files"] == 3
      }
      #expect(try await lab.post("/api/v1/datasets/d/close?wait=20s").status == 200)
      try await lab.until("it is closed") {
        try await lab.get("/api/v1/datasets/d").json["state"] == "closed"
      }
      #expect(try await lab.post("/api/v1/datasets/none/close").status == 404)
      let order = try await lab.send("DELETE", "/api/v1/datasets/d?wait=20s")
      #expect(order.status == 200, Comment(rawValue: order.text))
      let wrong = try await lab.post("/api/v1/datasets/d/files", #"{"file": []}"#)
      #expect(wrong.status == 400 && wrong.json["key"] == "file" && wrong.json["line"] == 1)
    }
  }

  @Test func pilots() async throws {
    try await withLab { lab in
      try lab.startSpool()
      try await lab.start()
      try await lab.until("a pilot is there") {
        try await lab.get("/api/v1/pilots").items.count == 1
      }
      let item = try #require(try await lab.get("/api/v1/pilots").items.first)
      let name = try #require(item["pilot"]?["pilot"]?.string)
      let order = try await lab.post("/api/v1/pilots/\(name)/drain")
      #expect(order.json["text"]?.string == "\(name): leaves when its jobs have ended")
      try await lab.until("it is gone") { try await lab.get("/api/v1/pilots").items.isEmpty }
      #expect(try await lab.post("/api/v1/pilots/\(name)/release").status == 404)
    }
  }

  // MARK: Words

  /// A refusal has the words of the command line, with line and key.
  @Test(arguments: [
    "{\"kind\": \"task\",\n \"name\": \"t\", \"input\": {\"count\": 2}, \"comand\": [\"true\"]}",
    "{\"kind\": \"task\", \"name\": \"t\", \"input\": {\"count\": 2}, \"command\": [\"true\"],\n\n"
      + "\"retry\": {\"attempts\": 0}}",
    "{\"kind\": \"task\", \"name\": \"t\",", "[1]", "{\"kind\": \"tusk\"}",
    "{\"kind\": \"task\", \"name\": \"a/b\", \"input\": {\"count\": 2}, \"command\": [\"true\"]}",
    "{\"kind\": \"task\", \"name\": \"t\", \"input\": {\"count\": 2}, \"command\": [\"/tmp\"]}",
  ])
  func problemsHaveTheWordsOfTheCommandLine(_ body: String) async throws {
    try await withLab { lab in
      try await lab.start()
      let file = "\(lab.directory)/t.json"
      try PosixFileSystem().create(file, Array(body.utf8), durable: false)
      let said = try await lab.run(["submit", "--spool", lab.spool.layout.root, file])
      let answer = try await lab.post("/api/v1/tasks", body)
      #expect(said.code == 64 && answer.status == 400)
      if body != "[1]" {
        #expect(said.output.contains(answer.detail), "\(answer.detail) / \(said.output)")
      }
      if let line = answer.json["line"]?.integer { #expect(answer.detail.contains("line \(line)")) }
      if let key = answer.json["key"]?.string { #expect(answer.detail.contains("\"\(key)\"")) }
      #expect(try lab.spool.names(in: .incoming, fresh: true).isEmpty, "nothing is dropped")
    }
  }

  @Test func aNameOfAnotherTask() async throws {
    try await withLab { lab in
      try await lab.start()
      let first = try await lab.post("/api/v1/tasks", Self.task)
      #expect(first.status == 202 && first.json["warning"]?.string?.contains("no watcher") == true)
      let again = try await lab.post("/api/v1/tasks", Self.task)
      #expect(
        again.status == 200 && again.json["request"] == .null, "the same content is the same task")
      let other = try await lab.post(
        "/api/v1/tasks", Self.task.replacing("\"count\": 2", with: "\"count\": 3"))
      #expect(other.status == 409 && other.detail.contains("choose another name, as t-2"))
      #expect(try lab.spool.names(in: .incoming, fresh: true).count == 1)
    }
  }

  // MARK: Twice

  @Test func aKeyMakesOneTaskOfTwoTries() async throws {
    try await withLab { lab in
      try await lab.start()
      let key = ["Idempotency-Key": "k1"]
      let first = try await lab.post("/api/v1/tasks", Self.task, fields: key)
      let second = try await lab.post("/api/v1/tasks", Self.task, fields: key)
      #expect(first.status == 202 && second.status == 202 && first.json == second.json)
      let other = try await lab.post(
        "/api/v1/tasks", Self.task.replacing("\"t\"", with: "\"u\""), fields: key)
      #expect(other.status == 422 && other.detail.contains("another request"))
      await lab.stop()
      try await lab.start()
      let third = try await lab.post("/api/v1/tasks", Self.task, fields: key)
      #expect(third.status == 200 && third.json["request"] == .null)
      #expect(try lab.spool.names(in: .incoming, fresh: true).count == 1)
      try lab.startSpool()
      try await lab.wait(for: "t", "done")
      let page = try await lab.get("/api/v1/tasks/t").json["request"]
      #expect(page?["x-idempotency-key"] == "k1")
      await lab.stop()
      try await lab.start()
      let fourth = try await lab.post("/api/v1/tasks", Self.task, fields: key)
      #expect(fourth.status == 200 && fourth.json["task"]?["state"] == "done")
      let named = try await lab.post(
        "/api/v1/tasks", Self.task.replacing("\"t\"", with: "\"u\""), fields: key)
      #expect(named.status == 422, "the key is known from the page")
      #expect(try await lab.get("/api/v1/tasks").items.count == 1)
    }
  }
}
