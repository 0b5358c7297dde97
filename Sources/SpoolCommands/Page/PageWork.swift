internal import SpoolClient
internal import SpoolModel

/// The tasks and chains in work, each with a bar.
struct PageWork {
  let survey: SpoolSurvey

  /// The tasks and chains that are shown, and the steps of a chain.
  static let mostUnits = 50
  static let mostSteps = 20

  var html: HTML {
    let live = survey.pages.filter { !$0.state.hasEnded }
    let steps = Set(live.compactMap(\.chain).flatMap(\.steps).map(\.task))
    let units = live.filter { $0.chain != nil || !steps.contains($0.name) }
    guard !units.isEmpty else {
      return StatusDocument.panel("In work", "<p class=\"empty\">No task is in work.</p>")
    }
    let rows = units.prefix(Self.mostUnits).map { "<li>\(unit($0))</li>\n" as HTML }.joined
    return StatusDocument.panel(
      "In work",
      "<ul class=\"work\">\n\(rows)</ul>"
        + StatusDocument.leftOut(
          units.count - Self.mostUnits, "more tasks and chains", "`spool status` lists all"))
  }

  private func unit(_ page: TaskPage) -> HTML {
    let head = row(
      page.name.text, page.state, page.jobs, rate(page.name, page.jobs, since: started(page)),
      isStep: false)
    guard let chain = page.chain else { return head }
    let steps = chain.steps.prefix(Self.mostSteps).map { step in
      row(
        step.name, step.state, step.jobs, rate(step.task, step.jobs, since: step.started),
        isStep: true)
    }.joined
    return head + steps
      + StatusDocument.leftOut(
        chain.steps.count - Self.mostSteps, "more steps", "`spool status \(page.name)` lists all")
  }

  private func started(_ page: TaskPage) -> Timestamp? {
    page.task?.started ?? page.chain?.started
  }

  /// The rate at which jobs end, and whether it is that of the last looks, or the mean since the start.
  private typealias Rate = (perSecond: Double, isMean: Bool)

  private func rate(_ name: Name, _ jobs: JobCounts, since start: Timestamp?) -> Rate? {
    if let rate = survey.rates[name] { return rate > 0 ? (rate, false) : nil }
    guard let start, survey.at > start, jobs.done + jobs.failed > 0 else { return nil }
    return (Double(jobs.done + jobs.failed) / (survey.at - start).inSeconds, true)
  }

  private func row(
    _ name: String, _ state: TaskState, _ jobs: JobCounts, _ rate: Rate?, isStep: Bool
  ) -> HTML {
    let ended = state.hasEnded
    let total = "\(jobs.total)\(jobs.live?.isOpen == true ? "+" : "")"
    let failed: HTML =
      jobs.failed > 0 ? ", <span class=\"bad\">\(jobs.failed) failed</span>" : .empty
    return """
      <div class="unit\(isStep ? " step" : "")"><div class="name">\(name) \(Self.state(state.rawValue))</div>\
      \(Self.bar(jobs))<div class="numbers">\(jobs.done) of \(total) done\(failed)\
      <span class="small">\(ended ? "" : Self.words(jobs, state == .active ? rate : nil))</span></div></div>

      """
  }

  /// Returns rate and time left in words; empty where nothing is known.
  private static func words(_ jobs: JobCounts, _ rate: Rate?) -> String {
    var words: [String] = []
    let running = jobs.live?.running ?? 0
    if running > 0 { words.append("\(running) run") }
    if let rate {
      words.append("\(Units.fixed(rate.perSecond, 1))/s\(rate.isMean ? " on average" : "")")
      if jobs.live?.isOpen != true {
        let left = Double(max(0, jobs.total - jobs.done - jobs.failed)) / rate.perSecond
        words.append("\(Units.text(Duration(inSeconds: left).wholeSeconds)) left")
      }
    }
    return words.joined(separator: ", ")
  }

  /// Returns a bar, which says to a screen reader what it shows.
  static func bar(_ jobs: JobCounts) -> HTML {
    let (running, ready) = (jobs.live?.running ?? 0, jobs.live?.ready ?? 0)
    let parts: [(count: Int, mark: String, word: String)] = [
      (jobs.done, "d", "done"), (jobs.failed, "f", "failed"), (running, "r", "running"),
      (ready, "w", "ready"),
    ]
    let all = max(jobs.total, parts.reduce(0) { $0 + $1.count })
    let bars = parts.filter { $0.count > 0 }.map { part -> HTML in
      // What is begun is seen, be it ever so little; the last part is cut where all is full.
      let width = Units.fixed(max(0.6, Double(part.count) / Double(all) * 100), 2)
      return "<i class=\"\(part.mark)\" style=\"width:\(width)%\"></i>"
    }.joined
    let words = parts.filter { $0.count > 0 }.map { "\($0.count) \($0.word)" }
    let label =
      "of \(jobs.total) jobs " + (words.isEmpty ? "none begun" : words.joined(separator: ", "))
    return "<div class=\"bar\" role=\"img\" aria-label=\"\(label)\">\(bars)</div>"
  }

  /// Returns a state with its sign, which says nothing to a screen reader.
  static func state(_ state: String) -> HTML {
    let sign = signs[state] ?? "•"
    return """
      <span class="state \(state)"><span class="glyph" aria-hidden="true">\(sign)</span>\(state)</span>
      """
  }

  private static let signs = [
    "done": "✓", "active": "▶", "running": "▶", "failed": "✕", "waiting": "◔", "held": "Ⅱ",
    "cancelled": "⊘", "quarantine": "!", "drain": "↓", "lost": "✕",
  ]
}
