import Foundation
import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

@testable import SpoolClient
@testable import SpoolCommands

/// `spool top`: the model, the drawing, and the whole on a terminal.
struct TopTests {
  private static func page(_ name: String, _ state: String, done: Int, failed: Int = 0) throws
    -> TaskPage
  {
    let ended = state == "active" ? "" : #""ended":9,"#
    let text = """
      {"format":1,"kind":"summary","task":"\(name)","state":"\(state)","jobs":{"total":10,"done":\(done),\
      "failed":\(failed),"open":false,"ready":1,"running":2,"retrying":0},"attempts":4,"failedAttempts":{},\
      "failures":{},"failedJobs":[],"report":{},"cpu":1.0,"runTime":2.5,"peakMemory":7,"outputs":{"files":1,\
      "bytes":77},"accepted":1,"started":2,\(ended)"priority":4,"queue":"cpu","resources":{"cpus":1,"gpus":0,\
      "memory":5,"wall":0.5,"tags":[]},"owner":1000,"incarnation":"9c1f","request":{"kind":"task"}}
      """
    return try #require(TaskPage(try JSON.parse(Array(text.utf8))))
  }

  private func model() throws -> TopModel {
    var model = TopModel()
    model.data.pages = [
      try Self.page("run2.reco", "active", done: 3, failed: 1),
      try Self.page("run1.reco", "active", done: 5),
      try Self.page("merge", "failed", done: 9, failed: 1),
    ]
    return model
  }

  @Test func keys() {
    #expect(
      TopKey.keys(Array("j\u{1B}[A\u{1B}OB\u{1B}[5~\u{1B}[1;5C\r\u{7F}".utf8))
        == [.character("j"), .up, .down, .pageUp, .enter, .backspace])
    #expect(TopKey.keys([27]) == [.escape])
    #expect(TopKey.keys([27, 91]) == [])
    #expect(TopKey.keys([0, 200, 3]) == [.interrupt])
  }

  /// The cursor stays at its task when the list changes, and goes to the first when the task is gone.
  @Test func theCursorStays() throws {
    var model = try model()
    #expect(model.subject?.name.text == "run2.reco")
    #expect(model.press(.down) == nil && model.subject?.name.text == "run1.reco")
    model.data.pages.insert(try Self.page("new", "active", done: 0), at: 0)
    #expect(model.subject?.name.text == "run1.reco")
    model.data.pages.removeAll { $0.name.text == "run1.reco" }
    #expect(model.subject?.name.text == "new")
    #expect(model.press(.end) == nil && model.subject?.name.text == "merge")
  }

  @Test func ordersOfRows() throws {
    var model = try model()
    let expected = [
      "name": ["merge", "run1.reco", "run2.reco"], "state": ["run1.reco", "run2.reco", "merge"],
      "failed": ["merge", "run2.reco", "run1.reco"], "rate": ["run1.reco", "merge", "run2.reco"],
      "age": ["run2.reco", "run1.reco", "merge"],
    ]
    model.data.rates = [try #require(Name("run1.reco")): 2.5]
    for _ in TopModel.Order.allCases {
      #expect(model.press(.character("s")) == nil)
      #expect(model.rows.map(\.name.text) == expected[model.order.rawValue])
    }
  }

  @Test func typedFilter() throws {
    var model = try model()
    for key in TopKey.keys(Array("/reco".utf8)) { #expect(model.press(key) == nil) }
    #expect(model.isTyping && model.rows.count == 2)
    // What is typed is no order.
    #expect(model.press(.character("c")) == nil && model.question == nil && model.rows.isEmpty)
    #expect(model.press(.escape) == nil && model.rows.count == 3)
  }

  /// A task is cancelled by y alone.
  @Test func aCancelIsAsked() throws {
    var model = try model()
    #expect(model.press(.character("c")) == nil)
    #expect(model.question?.text.hasPrefix("cancel run2.reco?") == true)
    #expect(model.press(.enter) == nil && model.question == nil)
    #expect(model.press(.character("c")) == nil)
    let order = ControlRequest(task: try #require(Name("run2.reco")), action: .cancel)
    #expect(model.press(.character("y")) == .order(order))
  }

  /// No line is longer than the terminal is wide, and none obeys what stands in a name's reason.
  @Test(arguments: [(20, 6), (40, 10), (80, 24), (200, 60)])
  func linesFit(_ width: Int, _ height: Int) throws {
    var model = try model()
    model.data.place = "/d/\u{1B}[31mx"
    for screen in ["", "?", "qp", "q\r", "l"] {
      for key in TopKey.keys(Array(screen.utf8)) { _ = model.press(key) }
      model.text = ["a\u{1B}]0;title\u{07}b", String(repeating: "long ", count: 100)]
      let rows = TopView(model: model, width: width, height: height).lines
      #expect(rows.count == height)
      for row in rows {
        let drawn = row.line.drawn(width: width, hasStyles: false)
        #expect(drawn.count <= width && !drawn.unicodeScalars.contains("\u{1B}"))
      }
    }
  }

  // MARK: Logs

  @Test(arguments: [
    ("a\nb\n", "", "a\n", "b\n"), ("a\nb\n", "E\n", "a\nE\n", "b\n"), ("", "x\ny\n", "x\n", "y\n"),
    ("a\n", "", "a\n", ""), ("ab\n", "ac\n", "ac\na", "b\n"),
  ])
  func theRestOfALog(_ out: String, _ err: String, _ shown: String, _ rest: String) {
    let errors = err.isEmpty ? "" : "--- standard error\n" + err
    let log = Array(("==> t.00000001 attempt 1: ok\n" + out + errors).utf8)
    let found = LogFollower.rest(of: log, after: Array(shown.utf8))
    #expect(String(decoding: found, as: UTF8.self) == rest)
  }
}

extension CommandTests {
  /// What goes on: `logs --follow`, `jobs --running`, `top`.
  @Suite(.serialized) struct Following {
    @Test func logsGoOn() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up", "--cpus", "2")
        let script = "echo one; sleep 4; echo two >&2; sleep 2; echo three; test {index} = 0"
        let submitted = try await lab.spool(
          "submit", "--name", "t", "--count", "2", "--attempts", "1", "--memory", "50MB", "--",
          "sh",
          "-c", script)
        #expect(submitted.code == 0, Comment(rawValue: submitted.said))
        try await lab.waitFor("a job") {
          !lab.names("spool/running").filter { $0 != "t.json" }.isEmpty
        }
        let followed = try await lab.spool("logs", "--follow", "t")
        #expect(followed.code == 0)
        for word in ["one\n", "two\n", "three\n"] {
          #expect(
            followed.output.components(separatedBy: word).count == 3,
            "each job's \(word) is there once: \(followed.output)")
        }
        #expect(followed.output.contains("==> t.00000000 attempt 1: ok"))
        #expect(followed.output.contains("==> t.00000001 attempt 1: exit1"))
        let one = try await lab.spool("logs", "-f", "t.00000000")
        #expect(one.output.contains("three") && !one.output.contains("t.00000001"))
        let failed = try await lab.spool("logs", "-f", "t", "--failed")
        #expect(failed.output.contains("t.00000001") && !failed.output.contains("t.00000000"))
      }
    }

    @Test func runningJobs() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up", "--cpus", "2")
        _ = try await lab.spool(
          "submit", "--name", "t", "--count", "9", "--memory", "50MB", "--", "sleep", "60")
        try await lab.waitFor("two claims") {
          lab.names("spool/running").contains { lab.names("spool/running/\($0)").count > 2 }
        }
        let running = try await lab.spool("jobs", "t", "--running", "--format", "json")
        let jobs = try JSON.parse(Array(running.output.utf8)).array ?? []
        #expect(
          jobs.count == 2 && jobs.allSatisfy { $0["outcome"] == "running" }, "\(running.said)")
        #expect(try await lab.spool("jobs", "t", "--running", "--failed").code == 64)
        #expect(try await lab.spool("cancel", "t").code == 0)
      }
    }

    private func top(_ lab: Lab, _ steps: String, _ more: String = "") async throws -> Lab.Ended {
      let script = #filePath.replacing("TopTests.swift", with: "Support/terminal.py")
      try lab.write("steps", steps)
      return try await lab.shell(
        "python3 '\(script)' spool top --spool '\(lab.path)/spool' \(more) < steps")
    }

    /// A user looks at a task, follows its log, holds it, cancels it, and leaves.
    @Test func aSession() async throws {
      try await Lab.run { lab in
        _ = try lab.start("up", "--cpus", "2")
        _ = try await lab.spool(
          "submit", "--name", "slow", "--count", "9", "--memory", "50MB", "--", "sh", "-c",
          "echo begun {index}; sleep 20")
        _ = try await lab.spool(
          "submit", "--name", "bad", "--count", "1", "--attempts", "1", "--memory", "50MB", "--",
          "false")
        let seen = try await top(
          lab,
          """
          see watcher alive
          see slow
          type /slow\\n
          gone bad
          type \\n
          see slow is active
          type l
          see begun
          type qh
          see held slow
          type h
          see released slow
          size 40 12
          type q
          see task
          type c
          see cancel slow?
          type n
          see nothing is done
          type cy
          see cancelled
          type q
          end 0
          """)
        #expect(seen.code == 0 && seen.output.contains("seen"), Comment(rawValue: seen.said))
        #expect(try await lab.spool("status", "slow").output.contains("cancelled"))
      }
    }

    @Test func howItEnds() async throws {
      try await Lab.run { lab in
        for (steps, more) in [
          ("see no watcher is alive\ntype \\x03\nend 130", "--plain"),
          ("see no task yet\nsignal SIGTERM\nend 0", ""),
          ("see no task yet\ntype pq?q\nsee no task yet\ntype q\nend 0", "--every 300ms"),
        ] {
          let seen = try await top(lab, steps, more)
          #expect(seen.code == 0, Comment(rawValue: seen.said))
        }
        let none = try await lab.spool("top")
        #expect(
          none.code == 64 && none.errors.contains("spool status"), Comment(rawValue: none.said))
      }
    }
  }
}
