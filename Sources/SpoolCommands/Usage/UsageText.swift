internal import SpoolModel

/// The report on what a task used, for people.
struct UsageText {
  let usage: TaskUsage

  /// The length of the longest bar of a histogram.
  private static let bar = 40

  var lines: [String] {
    var lines = [heading, ""]
    if usage.good > 0 {
      lines += table + [""]
      lines += histogram("time", usage.time) { Units.text(milliseconds: $0) } + [""]
      lines += histogram("memory", usage.memory) { Units.text(bytes: $0) } + [""]
    }
    if usage.wasted > 0 { lines += waste + [""] }
    return lines + ["to ask for:"] + UsageAdvice(usage).lines.map { "  " + $0 }
  }

  private var heading: String {
    let jobs = usage.page.jobs
    return "\(usage.page.task): \(usage.page.state.rawValue), \(jobs.done) jobs done, "
      + "\(jobs.failed) failed; \(usage.good) attempts ended well, \(usage.wasted) came to nothing"
  }

  private var table: [String] {
    let heading =
      ["ended well", "least", "median", "90 %", "99 %", "most", "asked"]
    let asked = usage.asked
    let rows = [
      row("time", usage.time, Units.text(asked.wall)) { Units.text(milliseconds: $0) },
      row("cpu", usage.cpu, asked.cpus == 1 ? "1 core" : "\(asked.cpus) cores") {
        Units.text(milliseconds: $0)
      },
      row("memory", usage.memory, Units.text(bytes: asked.memory)) {
        Units.text(bytes: $0)
      },
      row("efficiency", usage.efficiency, "") { "\(Units.fixed(Double($0) / 10, 0)) %" },
    ]
    return TextTable.lines([heading] + rows)
  }

  private func row(
    _ name: String, _ values: Distribution, _ asked: String, _ text: (Int) -> String
  ) -> [String] {
    guard values.count > 0 else { return [name, "-", "-", "-", "-", "-", asked] }
    let middle = TaskUsage.parts.map { values.quantile($0.part).map(text) ?? "" }
    return [name, text(values.least)] + middle + [text(values.most), asked]
  }

  private func histogram(
    _ name: String, _ values: Distribution, _ text: (Int) -> String
  ) -> [String] {
    var bars: [(label: String, count: Int)] = []
    for bar in values.bars() {
      // Bars that are so close that they read the same are one.
      let label = text(bar.from)
      if let last = bars.indices.last, bars[last].label == label {
        bars[last].count += bar.count
      } else {
        bars.append((label, bar.count))
      }
    }
    let largest = max(1, bars.map(\.count).max() ?? 1)
    let rows = bars.map { bar in
      // What is there is seen, be it ever so little.
      let length = bar.count == 0 ? 0 : max(1, bar.count * Self.bar / largest)
      return [bar.label, "\(bar.count)", String(repeating: "#", count: length)]
    }
    return TextTable.lines([["\(name) from", "attempts", ""]] + rows)
  }

  private var waste: [String] {
    let all = usage.goodTime + usage.wastedTime
    let rows = usage.waste.sorted { ($1.value.time, $0.key) < ($0.value.time, $1.key) }.map {
      let part = all > .zero ? $0.value.time.inSeconds / all.inSeconds * 100 : 0
      return [
        $0.key, "\($0.value.attempts)", Units.text($0.value.time), Units.text($0.value.cpu),
        "\(Units.fixed(part, 1)) %",
      ]
    }
    return TextTable.lines([["came to nothing", "attempts", "time", "cpu", "of all time"]] + rows)
  }
}
