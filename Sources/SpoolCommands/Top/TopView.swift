internal import SpoolClient
internal import SpoolModel

/// The drawing of `spool top`: a model and the size of a terminal come in, and lines go out.
struct TopView {
  let model: TopModel
  let width: Int
  let height: Int

  /// The lines above and below the middle of the screen.
  static let frame = 5

  /// A line, and whether the cursor stands on it.
  typealias Row = (line: TopLine, isMarked: Bool)

  /// The number of lines that the middle has.
  var room: Int { max(1, height - Self.frame) }

  /// Returns as many lines as the terminal has.
  var lines: [Row] {
    var middle: [Row]
    switch model.screen {
    case .tasks: middle = tasks
    case .pilots: middle = pilots.map { ($0, false) }
    case .task, .log: middle = text
    case .help: middle = Self.help.map { (TopLine($0), false) }
    }
    middle = Array(middle.prefix(room))
    middle += Array(repeating: (TopLine(), false), count: room - middle.count)
    let all =
      [summary, cores, TopLine()].map { ($0, false) } + middle + [footer, keys].map { ($0, false) }
    return Array(all.prefix(height))
  }

  // MARK: The head

  private var summary: TopLine {
    let data = model.data
    var line = TopLine("spool ", .bold)
    line.add(data.place)
    if let warning = data.warning {
      line.add("   ! \(warning)", .red)
    } else {
      line.add("   watcher alive", .green)
    }
    return line
  }

  private var cores: TopLine {
    let records = model.data.pilots.compactMap(\.record)
    let all = records.reduce(0) { $0 + $1.cpus }
    let busy = records.reduce(0) { $0 + $1.cpus - $1.freeCpus }
    let live = model.data.pages.compactMap(\.jobs.live)
    // A chain's counts hold those of its steps.
    let running = live.reduce(0) { $0 + $1.running }
    let ready = live.reduce(0) { $0 + $1.ready }
    var line = TopLine("\(records.count) pilots, \(busy) of \(all) cores busy ")
    line.add(Self.bar([(busy, "#")], of: all, width: 20))
    line.add("  \(running) jobs run, \(ready) are ready")
    let ill = records.count { $0.state == .quarantined }
    if ill > 0 { line.add("  ! \(ill) quarantined", .red) }
    return line
  }

  // MARK: The tasks

  private var tasks: [Row] {
    let rows = model.rows
    guard !rows.isEmpty else {
      let words =
        model.filter.isEmpty
        ? "no task yet: `spool submit` makes one" : "no task has \(model.filter) in its name"
      return [(TopLine(words), false)]
    }
    let name = min(max(12, rows.map(\.name.text.count).max() ?? 0), max(12, width - 62))
    let shown = room - 1
    let first = max(0, min(model.cursor - shown / 2, rows.count - shown))
    let heading = TopLine(
      Self.fill("task", name) + " " + Self.fill("state", 9) + " " + Self.fill("", Self.barWidth + 2)
        + Self.right("done", 9) + Self.right("of", 9) + Self.right("failed", 8)
        + Self.right("jobs/s", 8) + Self.right("left", 9), .dim)
    return [(heading, false)]
      + rows[first..<min(rows.count, first + shown)].enumerated().map { offset, page in
        (row(page, name), first + offset == model.cursor)
      }
  }

  private static let barWidth = 12

  private func row(_ page: TaskPage, _ name: Int) -> TopLine {
    let jobs = page.jobs
    var line = TopLine(Self.fill(page.name.text, name) + " ")
    line.add(Self.fill(page.state.rawValue, 9) + " ", Self.style(page.state))
    line.add(
      Self.bar(
        [(jobs.done, "#"), (jobs.failed, "x"), (jobs.live?.running ?? 0, ">")],
        of: jobs.total, width: Self.barWidth))
    line.add(
      Self.right("\(jobs.done)", 9)
        + Self.right("\(jobs.total)\(jobs.live?.isOpen == true ? "+" : "")", 9))
    line.add(Self.right(jobs.failed == 0 ? "" : "\(jobs.failed)", 8), .red)
    let rate = page.state.hasEnded ? 0 : model.data.rates[page.name] ?? 0
    line.add(Self.right(rate > 0 ? Units.fixed(rate, 1) : "", 8))
    line.add(Self.right(left(page, rate), 9))
    if let reason = page.reason { line.add("  " + reason, .dim) }
    return line
  }

  private func left(_ page: TaskPage, _ rate: Double) -> String {
    let jobs = page.jobs
    guard rate > 0, jobs.live?.isOpen != true else { return "" }
    return Units.text(.seconds(Int(Double(max(0, jobs.total - jobs.done - jobs.failed)) / rate)))
  }

  private static func style(_ state: TaskState) -> TopLine.Style {
    switch state {
    case .active: .yellow
    case .done: .green
    case .failed: .red
    case .waiting, .held: .cyan
    case .cancelled: .dim
    }
  }

  // MARK: The other screens

  private var pilots: [TopLine] {
    let rows = model.data.pilots.map(\.row)
    guard !rows.isEmpty else { return [TopLine("no pilot is alive: start one with `spool pilot`")] }
    let lines = TextTable.lines([PilotListing.Entry.columns] + rows)
    return lines.dropFirst(model.firstLine == 0 ? 0 : model.firstLine).enumerated().map {
      number, line in
      TopLine(line, number == 0 && model.firstLine == 0 ? .dim : .plain)
    }
  }

  private var text: [Row] {
    guard !model.text.isEmpty else {
      if case .log = model.screen { return [(TopLine("nothing is printed yet"), false)] }
      return []
    }
    return model.text.dropFirst(model.firstLine).map { (TopLine($0), false) }
  }

  static let help = [
    "up, down, j, k     the next task; page up and down, space, g, G: further",
    "enter              open the task: its page, and why it is as it is",
    "l                  what its jobs print, as it comes",
    "p                  the pilots",
    "s                  another order: by age, name, state, failed jobs, rate",
    "/                  only tasks with a text in their name; escape: all again",
    "h                  hold the task, or let a held one go on",
    "r                  try again what failed (asks)",
    "c                  cancel the task (asks)",
    "q, escape          back; q on the list of tasks: the end",
  ]

  // MARK: The foot

  private var footer: TopLine {
    if let question = model.question { return TopLine(question.text, .bold) }
    if model.isTyping { return TopLine("/\(model.filter)_", .bold) }
    if !model.message.isEmpty { return TopLine(model.message, .bold) }
    switch model.screen {
    case .tasks:
      var words = ["\(model.rows.count) tasks, by \(model.order.rawValue)"]
      if !model.filter.isEmpty { words.append("with \(model.filter) in the name") }
      if model.data.more > 0 { words.append("\(model.data.more) older ones are not shown") }
      return TopLine(words.joined(separator: ", "), .dim)
    case .task(let name): return TopLine("task \(name)", .dim)
    case .log(let name):
      return TopLine(
        "what \(name) prints" + (model.isFollowing ? ", followed" : "; end: follow it"), .dim)
    case .pilots: return TopLine("\(model.data.pilots.count) pilots", .dim)
    case .help: return TopLine("keys", .dim)
    }
  }

  private var keys: TopLine {
    let keys =
      switch model.screen {
      case .tasks:
        "enter open  l log  p pilots  s sort  / find  h hold  r retry  c cancel  ? keys  q end"
      case .task: "l log  h hold  r retry  c cancel  q back"
      case .pilots, .log, .help: "q back"
      }
    return TopLine(keys, .reverse)
  }

  // MARK: Cells

  /// Returns a bar of parts, each with its sign; what is begun is seen, be it ever so little.
  static func bar(_ parts: [(count: Int, sign: Character)], of total: Int, width: Int)
    -> String
  {
    var bar = ""
    for part in parts where part.count > 0 && total > 0 {
      let length = max(1, Int(Double(part.count) / Double(max(total, part.count)) * Double(width)))
      bar += String(repeating: part.sign, count: min(length, width - bar.count))
    }
    return "[" + bar + String(repeating: " ", count: width - bar.count) + "]"
  }

  private static func fill(_ text: String, _ width: Int) -> String {
    let text = text.printable()
    return text.count > width
      ? String(text.prefix(width - 1)) + "~"
      : text + String(repeating: " ", count: width - text.count)
  }

  private static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(1, width - text.count)) + text
  }
}
