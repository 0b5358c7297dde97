import Glibc
import SpoolStore
import SpoolTesting
import Testing

extension CommandTests {
  /// The session that the operations page shows, run as it is written there.
  @Suite struct Session {
    /// A command of the page, and the lines that it shows below it.
    struct Step {
      var command: String
      var expected: [String]
    }

    /// Commands that only look: what they show may need a moment to be so.
    static let looks = ["spool status", "spool explain", "spool pilots", "ls ", "cat ", "find "]

    static func steps(_ page: String) -> [Step] {
      var steps: [Step] = []
      var isInside = false
      for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
        if line.hasPrefix("```") {
          isInside = line == "```console"
        } else if isInside, line.hasPrefix("$ ") {
          steps.append(Step(command: String(line.dropFirst(2)), expected: []))
        } else if isInside, !steps.isEmpty, !line.isEmpty {
          steps[steps.count - 1].expected.append(String(line))
        }
      }
      return steps
    }

    @Test func thePageIsTrue() async throws {
      let path = Lab.package + "/docs/OPERATIONS.md"
      let page = String(
        decoding: try PosixFileSystem().read(path, limit: 1 << 20), as: UTF8.self)
      let steps = Self.steps(page)
      try #require(steps.count > 25)
      try await Lab.run(nil) { lab in
        var background: [Program] = []
        for step in steps {
          if step.command.hasPrefix("kill %"), let number = Int(step.command.dropFirst(6)) {
            background[number - 1].signal(SIGTERM)
            _ = try await lab.end(of: background[number - 1])
          } else if step.command.hasSuffix(" &") {
            let command = step.command.dropLast(2)
            background.append(try lab.launch(["/bin/sh", "-c", "exec \(command)"]))
            // It says something when it is at work.
            let log = String(command.split(separator: ">").last ?? "")
            try await lab.waitFor("a word of \(command)") { !lab.text(log).isEmpty }
          } else {
            try await run(step, lab)
          }
        }
        #expect(background.count == 2 && background.allSatisfy { $0.code == 0 })
      }
    }

    private func run(_ step: Step, _ lab: Lab) async throws {
      // A look is taken again until it shows what it should, for a while.
      let isLook = Self.looks.contains {
        step.command.hasPrefix($0) && !step.command.contains("drain")
      }
      let deadline = Waker.now() + 15_000_000_000
      while true {
        let said = try await lab.shell("exec 2>&1; " + step.command).output
        let lines = said.split(separator: "\n").map(String.init)
        if Self.agree(lines[...], step.expected[...]) { return }
        guard isLook, Waker.now() < deadline else {
          Issue.record(
            "$ \(step.command)\n\(said)\n-- expected:\n\(step.expected.joined(separator: "\n"))")
          return
        }
        await lab.bell.next()
      }
    }

    /// Whether lines are as expected: `…` by itself stands for any lines, in a line for any text;
    /// blanks are as many as you like.
    static func agree(_ lines: ArraySlice<String>, _ expected: ArraySlice<String>) -> Bool {
      guard let first = expected.first else { return lines.isEmpty }
      if first == "…" {
        let rest = expected.dropFirst()
        return (lines.startIndex...lines.endIndex).contains { agree(lines[$0...], rest) }
      }
      guard let line = lines.first, matches(words(line), words(first)) else { return false }
      return agree(lines.dropFirst(), expected.dropFirst())
    }

    private static func words(_ line: String) -> String {
      line.split(separator: " ").joined(separator: " ")
    }

    private static func matches(_ text: String, _ pattern: String) -> Bool {
      let parts = pattern.components(around: "…")
      guard text.hasPrefix(parts[0]) else { return false }
      var rest = text[...].dropFirst(parts[0].count)
      for (index, part) in parts.enumerated().dropFirst() {
        if index == parts.count - 1 { return rest.hasSuffix(part) }
        guard let range = rest.firstRange(of: part) else { return false }
        rest = rest[range.upperBound...]
      }
      return rest.isEmpty
    }
  }
}

extension String {
  /// The parts between the occurrences of a character.
  fileprivate func components(around mark: Character) -> [String] {
    split(separator: mark, omittingEmptySubsequences: false).map(String.init)
  }
}
