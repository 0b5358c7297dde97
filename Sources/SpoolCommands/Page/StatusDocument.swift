internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// The page of a spool, as one file of HTML that needs no script and no network: a survey comes in, and
/// markup goes out. What is shown is bounded, and what is left out is counted (R10).
struct StatusDocument {
  let spool: Spool
  let survey: SpoolSurvey
  let failures: FailureDigest
  /// The directory of the spool, for people.
  let place: String
  /// The time after which the page is written again; nil for a page that is written once.
  let every: Duration?

  /// What a section shows at most.
  static let mostReasons = 40
  static let mostEnded = 20

  /// The whole file.
  var bytes: [UInt8] {
    Array((html.text + "\n").utf8)
  }

  private var html: HTML {
    """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="referrer" content="no-referrer">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
    \(refresh)<title>Spool: \(place)</title>
    <style>
    \(PageStyle.css)
    </style>
    </head>
    <body>
    \(header)
    <main>
    \(warnings)
    \(PageFigures(survey: survey).html)
    <div class="columns">
    <div>
    \(PageWork(survey: survey).html)
    \(ended)
    </div>
    <div>
    \(reasons)
    \(PageFailures(digest: failures).html)
    \(queues)
    </div>
    </div>
    \(PagePilots(survey: survey).html)
    </main>
    </body>
    </html>
    """
  }

  /// The order to a browser to load the page again as often as it is written, in whole seconds.
  private var refresh: HTML {
    guard let every else { return .empty }
    return
      "<meta http-equiv=\"refresh\" content=\"\(max(1, (every.milliseconds + 999) / 1000))\">\n"
  }

  private var header: HTML {
    let again =
      every.map { "; again every \(Units.text($0)), for as long as somebody writes it" } ?? ""
    return """
      <header class="top">
      <h1>\(Self.icon)<span>Spool <code>\(place)</code></span></h1>
      <p class="time">As of <time datetime="\(survey.at.rfc3339)">\(survey.at.description)</time>\(again)</p>
      </header>
      """
  }

  private static let icon: HTML = """
    <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true"><rect x="3" y="3" width="26" height="5" rx="2" \
    fill="#1f7a8c"/><rect x="3" y="24" width="26" height="5" rx="2" fill="#1f7a8c"/><rect x="7" y="10" width="18" \
    height="3" rx="1.5" fill="#e0a100"/><rect x="7" y="14.5" width="18" height="3" rx="1.5" fill="#e0a100"/><rect \
    x="7" y="19" width="18" height="3" rx="1.5" fill="#c8451b"/></svg>
    """

  // MARK: Warnings and reasons

  private var warnings: HTML {
    var lines: [String] = []
    if let warning = survey.warning { lines.append(warning) }
    if let disk = survey.disk, let high = survey.highWater, disk.percent >= high {
      lines.append(
        "the disk of the spool is \(disk.percent) % full, and highWater is \(high) %: \(disk.words)"
      )
    }
    return lines.map { words -> HTML in
      "<p class=\"warning\" role=\"status\"><b aria-hidden=\"true\">!</b>\(words)</p>\n"
    }.joined
  }

  private var reasons: HTML {
    let records = survey.pilots.compactMap(\.record)
    var lines: [(name: String, words: String)] = []
    for page in survey.pages where !page.state.hasEnded {
      guard let task = page.task else { continue }
      for words in TaskExplanation(spool, task, page).obstacles(survey.ready, among: records) {
        lines.append((task.task.text, words))
      }
    }
    for pilot in records {
      if let trouble = pilot.trouble { lines.append((pilot.pilot.text, trouble)) }
    }
    let shown = lines.prefix(Self.mostReasons)
      .map { "<li><b>\($0.name)</b>: \($0.words)</li>" as HTML }.joined
    let body: HTML =
      lines.isEmpty
      ? "<p class=\"empty\">Nothing is held up.</p>" : "<ul class=\"reasons\">\(shown)</ul>"
    return Self.panel(
      "What waits, and why",
      body + Self.leftOut(lines.count - Self.mostReasons, "reasons", "`spool status` has them"))
  }

  // MARK: Tables

  private var queues: HTML {
    let running = survey.running
    let rows = Queue.allCases.map { queue -> HTML in
      let next = survey.ready[queue]?.min { $0.goesBefore($1) }
      return """
        <tr><td>\(queue.rawValue)</td><td class="n">\(survey.ready[queue]?.count ?? 0)</td>\
        <td class="n">\(running[queue] ?? 0)</td><td>\(next.map { $0.job.description } ?? "")</td></tr>
        """
    }.joined
    return Self.panel(
      "Queues",
      """
      <div class="scroll"><table><thead><tr><th scope="col">queue</th><th scope="col" class="n">ready</th>\
      <th scope="col" class="n">running</th><th scope="col">next job</th></tr></thead><tbody>\(rows)</tbody></table></div>
      """)
  }

  private var ended: HTML {
    let steps = Set(survey.pages.compactMap(\.chain).flatMap(\.steps).map(\.task))
    let all = survey.pages.filter { $0.state.hasEnded && !steps.contains($0.name) }
    let newest = all.sorted {
      ($1.ended ?? $1.accepted, $0.name) < ($0.ended ?? $0.accepted, $1.name)
    }
    guard !newest.isEmpty else { return .empty }
    let rows = newest.prefix(Self.mostEnded).map { page -> HTML in
      let end = page.ended ?? page.accepted
      let reason: HTML = page.reason.map { "<div class=\"why\">\($0)</div>" } ?? .empty
      return """
        <tr><td class="name">\(page.name.text)\(reason)</td><td>\(PageWork.state(page.state.rawValue))</td>\
        <td class="n">\(page.jobs.done)</td><td class="n">\(page.jobs.failed)</td>\
        <td class="n">\(Units.text(max(.zero, end - page.accepted)))</td>\
        <td class="n">\(Units.text(max(.zero, survey.at - end).wholeSeconds)) ago</td></tr>
        """
    }.joined
    return Self.panel(
      "Ended",
      """
      <div class="scroll"><table><thead><tr><th scope="col">task</th><th scope="col">state</th>\
      <th scope="col" class="n">done</th><th scope="col" class="n">failed</th><th scope="col" class="n">took</th>\
      <th scope="col" class="n">ended</th></tr></thead><tbody>\(rows)</tbody></table></div>
      """ + Self.leftOut(newest.count - Self.mostEnded, "older ones", "`spool status` lists all"))
  }

  // MARK: Parts

  /// Returns a section with its heading.
  static func panel(_ title: String, _ body: HTML) -> HTML {
    "<section class=\"panel\" aria-label=\"\(title)\"><h2>\(title)</h2>\n\(body)</section>\n"
  }

  /// Returns the word on what a section leaves out; empty where that is nothing.
  static func leftOut(_ count: Int, _ what: String, _ advice: String) -> HTML {
    guard count > 0 else { return .empty }
    return "<p class=\"left-out\">\(count) \(what) are not shown: \(advice).</p>"
  }
}

extension FileSystemUsage {
  /// The fill in percent, as the watcher compares it with the high watermark.
  var percent: Int {
    size > 0 ? Int((Double(size - free) / Double(size) * 100).rounded()) : 0
  }

  /// The free room in words.
  var words: String { "\(Units.text(bytes: free)) of \(Units.text(bytes: size)) are free" }
}
