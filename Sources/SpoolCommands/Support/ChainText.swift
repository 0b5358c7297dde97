internal import SpoolModel

/// A chain's summary in words: a line per step, and what came of it all.
struct ChainText {
  let page: TaskLookup.Page
  let steps: [JSON]

  static let mostNamed = 10

  var text: String {
    var lines = [
      "chain  \(page.name)",
      "state  \(page.stands)" + (page.reason.map { ": \($0)" } ?? ""), "",
    ]
    lines += TextTable.lines([Self.columns] + steps.map(row))
    lines.append("")
    if let factor = page.json["suppression"]?.double {
      let into = page.json["eventsIn"]?.double ?? 0
      let out = page.json["eventsOut"]?.double ?? 0
      lines.append(
        "suppression  \(Units.fixed(factor, 1)): \(Units.fixed(into, 0)) events in, "
          + "\(Units.fixed(out, 0)) out")
    }
    lines.append("time         \(time)")
    lines += steps.flatMap(missing)
    return lines.joined(separator: "\n")
  }

  private static let columns = [
    "step", "state", "done", "of", "failed", "events in", "out", "suppression", "files", "size",
    "run time", "cpu",
  ]

  private func row(_ step: JSON) -> [String] {
    let into = step["report"]?["eventsIn"]?.double
    let out = step["report"]?["eventsOut"]?.double
    var factor = ""
    if let into, let out, out > 0 { factor = Units.fixed(into / out, 2) }
    return [
      step["name"]?.string ?? "?", step["state"]?.string ?? "?",
      "\(step["jobs"]?["done"]?.integer ?? 0)", "\(step["jobs"]?["total"]?.integer ?? 0)",
      "\(step["jobs"]?["failed"]?.integer ?? 0)", into.map { Units.fixed($0, 0) } ?? "",
      out.map { Units.fixed($0, 0) } ?? "", factor, "\(step["outputs"]?["files"]?.integer ?? 0)",
      Units.text(bytes: step["outputs"]?["bytes"]?.integer ?? 0),
      Units.text(milliseconds: Int((step["runTime"]?.double ?? 0) * 1000)),
      Units.text(milliseconds: Int((step["cpu"]?.double ?? 0) * 1000)),
    ]
  }

  private var time: String {
    let cpu = Units.text(milliseconds: Int((page.json["cpu"]?.double ?? 0) * 1000))
    guard let end = page.json["ended"]?.integer, let begin = page.json["accepted"]?.integer else {
      return "\(cpu) of cpu in the jobs so far"
    }
    return
      "\(Units.text(milliseconds: max(0, end - begin))) from drop to end, \(cpu) of cpu in the jobs"
  }

  /// What a step did not do, and so is lacking after it.
  private func missing(_ step: JSON) -> [String] {
    let name = step["name"]?.string ?? "?"
    var lines: [String] = []
    if let dataset = step["lacks"]?.string {
      lines.append(
        "\(name) waits: its dataset \(dataset) lacks files. `spool retry \(page.name)` tries what failed "
          + "again, `spool release \(step["task"]?.string ?? "?")` goes on without")
    }
    let failed = step["failedJobs"]?.array ?? []
    lines += failed.prefix(Self.mostNamed).map { job in
      "\(name) lacks \(job["input"]?.string ?? job["job"]?.string ?? "?") (\(job["job"]?.string ?? "?"))"
    }
    if failed.count > Self.mostNamed {
      lines.append(
        "\(name) lacks \(failed.count - Self.mostNamed) more, see `spool status --format json`")
    }
    return lines
  }
}
