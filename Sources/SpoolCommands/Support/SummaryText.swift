internal import SpoolModel

/// A task's summary in words.
struct SummaryText {
  let page: TaskLookup.Page

  init(_ page: TaskLookup.Page) { self.page = page }

  var text: String {
    if let steps = page.steps { return ChainText(page: page, steps: steps).text }
    var rows = [
      ("task", page.name), ("state", page.stands + (page.reason.map { ": \($0)" } ?? "")),
      ("jobs", jobs),
    ]
    if let missing = page.json["waitsFor"]?.string {
      rows.append(("waits for", "the dataset \(missing)"))
    }
    rows += [("attempts", attempts), ("outputs", outputs), ("time", time)]
    rows += report
    if let failed = page.json["failedJobs"]?.array, !failed.isEmpty {
      let names = failed.prefix(5).compactMap(\.string).joined(separator: " ")
      rows.append(("failed jobs", names + (failed.count > 5 ? " …" : "")))
    }
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { row in
      row.0 + String(repeating: " ", count: width - row.0.count + 2) + row.1
    }.joined(separator: "\n")
  }

  private var jobs: String {
    var parts = ["\(page.jobs("done")) done", "\(page.jobs("failed")) failed"]
    if !page.state.hasEnded {
      parts += ["running", "ready", "retrying"].map { "\(page.jobs($0)) \($0)" }
      parts.append("of \(page.jobs("total"))")
    }
    return parts.joined(separator: ", ")
  }

  private var attempts: String {
    let count = page.json["attempts"]?.integer ?? 0
    let causes = page.json["failedAttempts"]?.object?.members ?? []
    guard !causes.isEmpty else { return "\(count)" }
    let words = causes.map { "\($0.value.integer ?? 0) \($0.key)" }.joined(separator: ", ")
    return "\(count); not ok: \(words)"
  }

  private var outputs: String {
    let files = page.json["outputs"]?["files"]?.integer ?? 0
    let bytes = page.json["outputs"]?["bytes"]?.integer ?? 0
    return "\(files) files, \(Units.text(bytes: bytes))"
  }

  private var time: String {
    let end = page.json["ended"]?.integer
    let begin = page.json["accepted"]?.integer
    let cpu = page.json["cpu"]?.double ?? 0
    var text = "\(Units.text(milliseconds: Int(cpu * 1000))) of cpu in the jobs"
    if let end, let begin {
      text = "\(Units.text(milliseconds: max(0, end - begin))) from drop to end, " + text
    }
    return text
  }

  /// The sums of the reports; a suppression factor where events go in and out.
  private var report: [(String, String)] {
    guard let sums = page.json["report"]?.object, !sums.members.isEmpty else { return [] }
    var rows: [(String, String)] = []
    let shown = sums.members.filter { !$0.key.hasPrefix("hist") }.prefix(12)
    let words = shown.map { "\($0.key) \(Self.number($0.value))" }.joined(separator: ", ")
    rows.append(("report", words))
    if let input = sums["eventsIn"]?.double, let output = sums["eventsOut"]?.double, output > 0 {
      let factor = Units.fixed(input / output, 1)
      rows.append(
        (
          "suppression",
          "\(factor): \(Self.number(sums["eventsIn"])) events in, "
            + "\(Self.number(sums["eventsOut"])) out"
        ))
    }
    return rows
  }

  private static func number(_ value: JSON?) -> String {
    switch value {
    case .integer(let number)?: "\(number)"
    case .number(let number)?: Units.fixed(number, 3)
    default: "?"
    }
  }
}
