import SpoolModel
import SpoolStore
import Testing

@testable import SpoolGateway

/// What the gateway shows of a real spool, with watcher and pilot at work.
@Suite(.serialized) struct ReadTests {
  @Test func tasksJobsLogsAndFiles() async throws {
    try await withLab { lab in
      try lab.startSpool()
      try await lab.start()
      try await lab.submit(
        "good", count: 3, "echo out {index}; echo err >&2; echo data > {output}",
        more: #", "outputs": [{"path": "out/{index}.txt", "dataset": "made"}]"#)
      try await lab.submit(
        "bad", count: 4, "echo it broke >&2; exit 3", more: #", "retry": {"attempts": 1}"#)
      try await lab.wait(for: "good", "done")
      try await lab.wait(for: "bad", "failed")
      try await lists(lab)
      try await pages(lab)
      try await jobs(lab)
      try await logs(lab)
      try await files(lab)
      try await rest(lab)
      // Another life of the gateway knows of the time before.
      await lab.stop()
      try await lab.start()
      try await rest(lab, counts: false)
    }
  }

  private func lists(_ lab: Lab) async throws {
    let all = try await lab.get("/api/v1/tasks")
    #expect(all.status == 200 && all.items.map { $0["task"]?.string } == ["bad", "good"])
    #expect(all.items.allSatisfy { $0["request"] == nil && $0["crc32"] == nil })
    #expect(all.json["next"] == .null)
    let first = try await lab.get("/api/v1/tasks?limit=1")
    let next = try #require(first.json["next"]?.string)
    let second = try await lab.get("/api/v1/tasks?limit=1&cursor=\(next)")
    #expect(second.items.map { $0["task"]?.string } == ["good"] && second.json["next"] == .null)
    for (query, names) in [
      ("state=failed", ["bad"]), ("name=oo", ["good"]), ("kind=chain", []), ("owner=99999", []),
    ] {
      let found = try await lab.get("/api/v1/tasks?\(query)")
      #expect(found.items.compactMap { $0["task"]?.string } == names, "\(query)")
    }
  }

  private func pages(_ lab: Lab) async throws {
    let page = try await lab.get("/api/v1/tasks/good")
    #expect(page.json["jobs"]?["done"] == 3 && page.json["request"]?["name"] == "good")
    let missing = try await lab.get("/api/v1/tasks/goood")
    let said = try await lab.run(["explain", "--spool", lab.spool.layout.root, "goood"])
    #expect(missing.status == 404 && said.output.contains(missing.detail), "the same words")
    #expect(missing.fields["content-type"] == "application/problem+json")
    #expect(missing.detail.contains("good"))
    let lines = try await lab.get("/api/v1/tasks/bad/explain").json["lines"]?.array ?? []
    let explained = try await lab.run(["explain", "--spool", lab.spool.layout.root, "bad"])
    #expect(!lines.isEmpty)
    for line in lines { #expect(explained.output.contains(line.string ?? "?")) }
    let failures = try await lab.get("/api/v1/tasks/bad/failures")
    #expect(failures.items.count == 1)
    #expect(failures.items.first?["cause"] == "exit3" && failures.items.first?["jobs"] == 4)
    #expect(failures.items.first?["reason"]?.string?.contains("it broke") == true)
  }

  private func jobs(_ lab: Lab) async throws {
    var seen: [Int] = []
    var path: String? = "/api/v1/tasks/good/jobs?limit=2"
    while let next = path {
      let page = try await lab.get(next)
      seen += page.items.compactMap { $0["index"]?.integer }
      #expect(page.items.allSatisfy { $0["state"] == "done" && $0["attempts"] == 1 })
      path = page.json["next"]?.string.map { "/api/v1/tasks/good/jobs?limit=2&cursor=\($0)" }
    }
    #expect(seen.sorted() == [0, 1, 2])
    let failed = try await lab.get("/api/v1/tasks/bad/jobs?state=failed&limit=3")
    #expect(failed.items.compactMap { $0["index"]?.integer } == [0, 1, 2])
    #expect(failed.items.first?["cause"] == "exit3")
    let next = try #require(failed.json["next"]?.string)
    let last = try await lab.get("/api/v1/tasks/bad/jobs?state=failed&limit=3&cursor=\(next)")
    #expect(last.items.compactMap { $0["index"]?.integer } == [3] && last.json["next"] == .null)
    #expect(try await lab.get("/api/v1/tasks/bad/jobs?state=done").items.isEmpty)
    let job = try await lab.get("/api/v1/tasks/good/jobs/1")
    #expect(job.json["state"] == "done" && job.json["attempts"]?.array?.count == 1)
    #expect(job.json["document"]?["job"] == "good.00000001")
    #expect(job.json["outputs"]?.array?.count == 1)
    #expect(try await lab.get("/api/v1/tasks/good/jobs/7").status == 404)
  }

  private func logs(_ lab: Lab) async throws {
    let path = "/api/v1/tasks/good/jobs/1/log"
    let whole = try await lab.get(path)
    #expect(whole.text == "==> good.00000001 attempt 1: ok\nout 1\n--- standard error\nerr\n")
    #expect(try await lab.get(path + "?stream=out").text == "out 1\n")
    #expect(try await lab.get(path + "?stream=err&attempt=1").text == "err\n")
    let part = try await lab.get(path, fields: ["Range": "bytes=4-7"])
    #expect(part.status == 206 && part.text == "good")
    #expect(part.fields["content-range"] == "bytes 4-7/\(whole.body.count)")
    #expect(try await lab.get(path, fields: ["Range": "bytes=-4"]).text == "err\n")
    #expect(try await lab.get(path, fields: ["Range": "bytes=9999-"]).status == 416)
    #expect(try await lab.get(path + "?attempt=2").status == 404)
  }

  private func files(_ lab: Lab) async throws {
    let outputs = try await lab.get("/api/v1/tasks/good/outputs")
    let paths = outputs.items.compactMap { $0["path"]?.string }.sorted()
    #expect(paths.count == 3 && paths[0] == "\(lab.directory)/out/0.txt")
    #expect(outputs.items.allSatisfy { $0["size"] == 5 && $0["adler32"] != nil })
    try await lab.until("the dataset is there") {
      try await lab.get("/api/v1/datasets/made").json["files"] == 3
    }
    #expect(try await lab.get("/api/v1/datasets").items.map { $0["dataset"]?.string } == ["made"])
    let first = try await lab.get("/api/v1/datasets/made/files?limit=2")
    let next = try #require(first.json["next"]?.string)
    let second = try await lab.get("/api/v1/datasets/made/files?limit=2&cursor=\(next)")
    let listed = (first.items + second.items).compactMap { $0["path"]?.string }
    #expect(listed.sorted() == paths)
    let origin = try await lab.get("/api/v1/files?path=\(paths[1])")
    #expect(origin.json["dataset"] == "made" && origin.json["madeBy"]?["index"] == 1)
    #expect(try await lab.get("/api/v1/files?path=/no/such").status == 404)
    #expect(try await lab.get("/api/v1/files?path=relative").status == 400)
    #expect(try await lab.get("/api/v1/files").detail.contains("path is missing"))
  }

  private func rest(_ lab: Lab, counts: Bool = true) async throws {
    let summary = try await lab.get("/api/v1/summary").json
    #expect(summary["watcher"]?["state"] == "alive" && summary["jobs"]?["done"] == 3)
    #expect(summary["jobs"]?["failed"] == 4 && summary["pilots"]?["slots"] == 2)
    let minutes = summary["history"]?.array?.compactMap { $0.array } ?? []
    #expect(minutes.reduce(0) { $0 + ($1[1].integer ?? 0) } == 3)
    #expect(minutes.reduce(0) { $0 + ($1[2].integer ?? 0) } == 4)
    #expect(summary["tasks"]?["done"] == 1 && summary["spool"]?.string == lab.spool.layout.root)
    let pilots = try await lab.get("/api/v1/pilots")
    let pilot = try #require(pilots.items.first)
    #expect(pilot["state"] == "running" && pilot["pilot"]?["cpus"] == 2)
    let name = try #require(pilot["pilot"]?["pilot"]?.string)
    #expect(try await lab.get("/api/v1/pilots/\(name)").json["pilot"]?["pilot"]?.string == name)
    #expect(try await lab.get("/api/v1/pilots/nobody").status == 404)
    #expect(try await lab.get("/api/v1/queues").json["cpu"]?["ready"] == 0)
    let metrics = try await lab.get("/metrics")
    #expect(metrics.text.contains("spool_jobs{state=\"done\"} 3\n"))
    #expect(metrics.text.contains("spool_watcher_up 1\n"))
    #expect(metrics.text.contains("spool_attempts_total{outcome=\"ok\"} 3\n") == counts)
    let open = try await lab.get("/metrics", fields: ["Accept": "application/openmetrics-text"])
    #expect(open.text.hasSuffix("# EOF\n"))
    #expect(try await lab.get("/api/v1/openapi.json").json["openapi"] == "3.1.0")
    for path in ["/", "/ui/tasks/good", "/api"] {
      let page = try await lab.get(path)
      #expect(page.status == 200 && page.fields["content-type"] == "text/html; charset=utf-8")
      #expect(page.fields["content-security-policy"]?.contains("default-src 'self'") == true)
      let tag = try #require(page.fields["etag"])
      #expect(try await lab.get(path, fields: ["If-None-Match": tag]).status == 304)
    }
  }

  @Test func aSpoolWithoutAnything() async throws {
    try await withLab { lab in
      try await lab.start()
      for path in ["tasks", "datasets", "pilots"] {
        let answer = try await lab.get("/api/v1/\(path)")
        #expect(answer.status == 200 && answer.items.isEmpty && answer.json["next"] == .null)
      }
      #expect(try await lab.get("/api/v1/summary").json["watcher"]?["state"] == "none")
    }
  }
}
