internal import SpoolClient
internal import SpoolModel

/// The progress of one task on standard error: a bar on a terminal, plain lines elsewhere.
struct TaskProgress {
  private var lastLine: Instant?
  private var lastText = ""
  private var rate = JobRate()

  /// The time between two plain lines.
  static let lineInterval = Duration.seconds(5)
  static let barWidth = 24

  /// Shows the progress that a page tells.
  mutating func show(_ page: TaskPage, at now: Instant) {
    let done = page.jobs.done + page.jobs.failed
    rate.note(page.jobs, at: now)
    let text = text(page, done, now)
    if Terminal.isInteractive {
      Terminal.redraw(text)
    } else if text != lastText, lastLine.map({ now - $0 >= Self.lineInterval }) ?? true {
      Terminal.note(Terminal.isThere ? Terminal.fitted(text, Terminal.width) : text)
      lastLine = now
    }
    lastText = text
  }

  /// Clears the bar, and prints the page of the task that has ended.
  func finish(_ page: TaskPage) {
    if Terminal.isInteractive, !lastText.isEmpty { Terminal.redraw("") }
    Terminal.print(TaskText(page).text)
  }

  private func text(_ page: TaskPage, _ done: Int, _ now: Instant) -> String {
    if let task = page.task, task.state == .waiting { return Self.waiting(task) }
    let jobs = page.jobs
    let retrying = jobs.live?.retrying ?? 0
    var parts = ["\(page.name): \(done)/\(jobs.total)\(jobs.live?.isOpen == true ? "+" : "")"]
    if jobs.failed > 0 { parts.append("\(jobs.failed) failed") }
    if retrying > 0 {
      parts.append(
        "\(retrying) to be tried again (`spool jobs \(page.name) --failed` tells why)")
    }
    parts.append("\(jobs.live?.running ?? 0) running")
    if let rate = rate.perSecond(at: now), rate > 0 {
      parts.append("\(Units.fixed(rate, 1))/s")
      let left = Duration(inSeconds: Double(max(0, jobs.total - done)) / rate)
      parts.append("\(Units.text(left.wholeSeconds)) left")
    }
    let line = parts.joined(separator: ", ")
    guard Terminal.isInteractive else { return line }
    return Self.drawn(line, Self.bar(done, jobs.total), Terminal.width)
  }

  /// Returns a line with its bar in front, where both fit.
  static func drawn(_ line: String, _ bar: String, _ width: Int) -> String {
    bar.count + 1 + line.count < width ? bar + " " + line : line
  }

  private static func waiting(_ task: TaskSummary) -> String {
    if let dataset = task.lacks {
      return "\(task.task): waiting for a decision, because the dataset \(dataset) lacks files "
        + "(`spool explain \(task.task)`)"
    }
    guard let dataset = task.waitsFor else {
      return "\(task.task): waiting: " + task.waits.joined(separator: "; ")
    }
    return "\(task.task): waiting for the dataset \(dataset) (`spool explain \(task.task)`)"
  }

  private static func bar(_ done: Int, _ total: Int) -> String {
    let filled = total > 0 ? min(barWidth, done * barWidth / total) : 0
    return "[" + String(repeating: "#", count: filled)
      + String(repeating: ".", count: barWidth - filled) + "]"
  }
}
