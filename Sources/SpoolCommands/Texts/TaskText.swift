internal import SpoolClient
internal import SpoolModel

/// The page of a task or a chain in words, for people.
struct TaskText {
  let page: TaskPage

  /// The number of failed jobs that are named.
  static let mostNamed = 5
  /// The number of values of the report that are shown.
  static let mostValues = 12

  init(_ page: TaskPage) { self.page = page }

  var text: String {
    switch page.content {
    case .task(let task): text(task)
    case .chain(let chain): ChainText(chain, page).text
    }
  }

  private func text(_ task: TaskSummary) -> String {
    var rows = [
      ("task", page.name.text), ("state", page.stateText + page.reasonText),
      ("jobs", Self.jobs(task)),
    ]
    if let missing = task.waitsFor { rows.append(("waits for", "the dataset \(missing)")) }
    rows += [
      ("attempts", Self.attempts(task)), ("outputs", Self.outputs(task)), ("time", Self.time(task)),
    ]
    rows += Self.report(task.totals.report)
    if !task.failedJobs.isEmpty {
      let names = task.failedJobs.prefix(Self.mostNamed).map(\.description)
      let more = task.failedJobs.count > Self.mostNamed ? " …" : ""
      rows.append(("failed jobs", names.joined(separator: " ") + more))
    }
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { row in
      row.0 + String(repeating: " ", count: width - row.0.count + 2) + row.1
    }.joined(separator: "\n")
  }

  private static func jobs(_ task: TaskSummary) -> String {
    let jobs = task.jobs
    var parts = ["\(jobs.done) done", "\(jobs.failed) failed"]
    if let live = jobs.live {
      parts += [
        "\(live.running) running", "\(live.ready) ready", "\(live.retrying) retrying",
        "of \(jobs.total)",
      ]
    }
    return parts.joined(separator: ", ")
  }

  private static func attempts(_ task: TaskSummary) -> String {
    let causes = task.failedAttempts.sorted { $0.key < $1.key }
    guard !causes.isEmpty else { return "\(task.attempts)" }
    let words = causes.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    return "\(task.attempts); not ok: \(words)"
  }

  private static func outputs(_ task: TaskSummary) -> String {
    let outputs = task.totals.outputs
    return "\(outputs.files) files, \(Units.text(bytes: outputs.bytes))"
  }

  private static func time(_ task: TaskSummary) -> String {
    let cpu = "\(Units.text(task.totals.cpu)) of cpu in the jobs"
    guard let ended = task.ended else { return cpu }
    return "\(Units.text(max(.zero, ended - task.accepted))) from drop to end, \(cpu)"
  }

  /// The sums of the reports, and the suppression factor if events go in and out.
  private static func report(_ report: ReportSums) -> [(String, String)] {
    let sums = report.sums
    guard !sums.isEmpty else { return leftOut(report) }
    let shown = sums.sorted { $0.key < $1.key }.filter { !$0.key.hasPrefix("hist") }
      .prefix(mostValues)
    let words = shown.map { "\($0.key) \(number($0.value))" }.joined(separator: ", ")
    guard let flow = report.flow, flow.eventsOut > 0 else {
      return [("report", words)] + leftOut(report)
    }
    let factor = Units.fixed(flow.eventsIn / flow.eventsOut, 1)
    return [
      ("report", words),
      (
        "suppression",
        "\(factor): \(number(flow.eventsIn)) events in, \(number(flow.eventsOut)) out"
      ),
    ] + leftOut(report)
  }

  /// The names of which values are in no sum.
  private static func leftOut(_ report: ReportSums) -> [(String, String)] {
    guard !report.leftOut.isEmpty else { return [] }
    let shown = report.leftOut.sorted { $0.key < $1.key }.prefix(mostValues)
    let words = shown.map { "\($0.key) of \($0.value) jobs" }.joined(separator: ", ")
    return [("not summed", words + ": no numbers, or too large")]
  }

  private static func number(_ value: ReportNumber) -> String {
    switch value {
    case .whole(let value): "\(value)"
    case .fraction(let value): value.magnitude < 1e15 ? Units.fixed(value, 3) : "\(value)"
    }
  }

  private static func number(_ value: Double) -> String {
    number(ReportNumber(.number(value)) ?? .whole(0))
  }
}
