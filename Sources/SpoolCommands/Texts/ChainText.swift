internal import SpoolClient
internal import SpoolModel

/// The page of a chain in words: a line per step, then the result of the whole chain.
struct ChainText {
  let chain: ChainSummary
  let page: TaskPage

  /// The number of lost files that are named for each step.
  static let mostNamed = 10

  init(_ chain: ChainSummary, _ page: TaskPage) {
    self.chain = chain
    self.page = page
  }

  var text: String {
    var lines = [
      "chain  \(chain.chain)", "state  \(page.stateText)\(page.reasonText)", "",
    ]
    lines += TextTable.lines([Self.columns] + chain.steps.map(Self.row))
    lines.append("")
    if let flow = chain.flow, let factor = flow.suppression {
      lines.append(
        "suppression  \(Units.fixed(factor, 1)): \(Units.fixed(flow.eventsIn, 0)) events in, "
          + "\(Units.fixed(flow.eventsOut, 0)) out")
    }
    lines.append("time         \(time)")
    lines += chain.steps.flatMap(missing)
    return lines.joined(separator: "\n")
  }

  private static let columns = [
    "step", "state", "done", "of", "failed", "events in", "out", "suppression", "files", "size",
    "run time", "cpu",
  ]

  private static func row(_ step: ChainSummary.Step) -> [String] {
    let totals = step.totals
    let (into, out) = (totals.report.eventsIn, totals.report.eventsOut)
    var factor = ""
    if let into, let out, out > 0 { factor = Units.fixed(into / out, 2) }
    return [
      step.name, step.state.rawValue, "\(step.jobs.done)", "\(step.jobs.total)",
      "\(step.jobs.failed)", into.map { Units.fixed($0, 0) } ?? "",
      out.map { Units.fixed($0, 0) } ?? "", factor, "\(totals.outputs.files)",
      Units.text(bytes: totals.outputs.bytes), Units.text(totals.runTime), Units.text(totals.cpu),
    ]
  }

  private var time: String {
    let cpu = Units.text(chain.cpu)
    guard let ended = chain.ended else { return "\(cpu) of cpu in the jobs so far" }
    let time = Units.text(max(.zero, ended - chain.accepted))
    return "\(time) from drop to end, \(cpu) of cpu in the jobs"
  }

  /// The files that a step did not deal with, and the steps after it therefore lack.
  private func missing(_ step: ChainSummary.Step) -> [String] {
    var lines: [String] = []
    if let dataset = step.lacks {
      lines.append(
        "\(step.name) waits: its dataset \(dataset) lacks files. `spool retry \(chain.chain)` tries "
          + "the failed jobs again, `spool release \(step.task)` goes on without the files")
    }
    lines += step.failedJobs.prefix(Self.mostNamed).map { failed in
      "\(step.name) lacks \(failed.input ?? failed.job.description) (\(failed.job))"
    }
    if step.failedJobs.count > Self.mostNamed {
      let count = step.failedJobs.count - Self.mostNamed
      lines.append("\(step.name) lacks \(count) more, see `spool status --format json`")
    }
    return lines
  }
}
