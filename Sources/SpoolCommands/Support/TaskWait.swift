internal import Glibc
internal import SpoolModel
internal import SpoolStore

/// Waits for tasks to end, and shows their progress: a bar on a terminal, plain lines elsewhere.
struct TaskWait {
  let spool: Spool
  let events: any EventSource
  /// Milliseconds; nil for ever.
  let timeOut: Int?
  /// Epoch milliseconds: only what happened to the tasks since then counts at once.
  var since = SystemTime().epoch

  /// Milliseconds between two looks where no event comes.
  static let interval = 250
  static let lineInterval = 5000
  /// How long a task that was never heard of is waited for: its request may be on the way.
  static let unknownFor = 3000

  /// Returns how the tasks ended together: the worst fate decides.
  func run(_ names: [Name]) throws -> Failure? {
    let waker = try Waker()
    for directory in [spool.layout.done, spool.layout.failed, spool.layout.running] {
      events.watch(directory) { _ in waker.wake() }
    }
    var failures: [Failure] = []
    for name in names {
      if let failure = try wait(name, waker) { failures.append(failure) }
    }
    guard
      let worst = failures.indices.min(by: { Self.rank(failures[$0]) < Self.rank(failures[$1]) })
    else { return nil }
    // The last word is the worst; the others are not kept back.
    for index in failures.indices where index != worst {
      Terminal.note("spool: \(failures[index].message)")
    }
    return failures[worst]
  }

  private static func rank(_ failure: Failure) -> Int {
    [.failed, .cancelled, .missing].firstIndex(of: failure.code) ?? 3
  }

  private func wait(_ name: Name, _ waker: Waker) throws -> Failure? {
    let time = SystemTime()
    let begun = time.now
    var progress = Progress(begun: begun)
    // Since when nothing is to be seen of it: it may be on the way.
    var absent: Int?
    var watch = WatcherNotice(spool, at: begun)
    while true {
      watch.look(at: time.now)
      let answer = TaskLookup(spool).find(name)
      switch answer {
      case .page(let page):
        if page.state.hasEnded {
          progress.finish(page)
          return Self.fate(page)
        }
        progress.show(page, at: time.now)
        absent = nil
      case .pending: absent = nil
      case .refused, .unknown:
        absent = absent ?? time.now
        if let failure = verdict(name, answer, absentFor: time.now - (absent ?? 0)) {
          return failure
        }
      }
      if let timeOut, time.now - begun >= timeOut {
        throw Failure(
          .timeOut, "\(name) has not ended within \(Units.text(milliseconds: timeOut))")
      }
      waker.wait(until: Waker.now() + UInt64(Self.interval) * 1_000_000)
    }
  }

  /// Of a task without a page. A refusal from before may be of another request of that name.
  private func verdict(
    _ name: Name, _ answer: TaskLookup.Answer, absentFor absence: Int
  ) -> Failure? {
    let isLong = absence > Self.unknownFor
    guard case .refused(let refusal) = answer else {
      return isLong ? TaskArgument.missing(name, in: spool) : nil
    }
    guard isLong || refusal.at >= since else { return nil }
    return Failure(.failed, "\(name) was refused: \(refusal.reason)")
  }

  private static func fate(_ page: TaskLookup.Page) -> Failure? {
    let reason = page.reason.map { ": \($0)" } ?? ""
    switch page.state {
    case .done: return nil
    case .cancelled: return Failure(.cancelled, "\(page.name) was cancelled\(reason)")
    default:
      return Failure(
        .failed, "\(page.name) failed\(reason); `spool jobs \(page.name) --failed` tells why")
    }
  }
}

/// Says so when the watcher goes away while somebody waits: nothing ends without one.
private struct WatcherNotice {
  private static let interval = 2000
  private let probe: WatcherProbe
  private var lastLook: Int
  private var isTold: Bool

  /// The verb has told already what it found at its beginning.
  init(_ spool: Spool, at now: Int) {
    probe = WatcherProbe(spool)
    lastLook = now
    isTold = probe.warning != nil
  }

  mutating func look(at now: Int) {
    guard now - lastLook >= Self.interval else { return }
    lastLook = now
    let warning = probe.warning
    if let warning, !isTold { Terminal.note("spool: \(warning)") }
    isTold = warning != nil
  }
}

extension String {
  var trimmed: String {
    var text = self[...]
    while let last = text.last, last.isWhitespace { text = text.dropLast() }
    return String(text)
  }
}

/// Progress of one task, on standard error.
private struct Progress {
  let begun: Int
  private var lastLine: Int?
  private var lastText = ""
  private var samples: [(at: Int, done: Int)] = []

  init(begun: Int) { self.begun = begun }

  mutating func show(_ page: TaskLookup.Page, at now: Int) {
    let done = page.jobs("done") + page.jobs("failed")
    samples.append((now, done))
    if samples.count > 40 { samples.removeFirst() }
    let text = text(page, done, now)
    if Terminal.isInteractive {
      Terminal.write(Array("\r\u{1B}[K\(text)".utf8), to: 2)
    } else if text != lastText, lastLine.map({ now - $0 >= TaskWait.lineInterval }) ?? true {
      Terminal.note(text)
      lastLine = now
    }
    lastText = text
  }

  private func text(_ page: TaskLookup.Page, _ done: Int, _ now: Int) -> String {
    let total = page.jobs("total")
    if page.state == .waiting, page.steps == nil {
      if let dataset = page.json["lacks"]?.string {
        return "\(page.name): waiting for a word, since the dataset \(dataset) lacks files "
          + "(`spool explain \(page.name)`)"
      }
      return "\(page.name): waiting for the dataset \(page.json["waitsFor"]?.string ?? "")"
    }
    var parts = [
      "\(page.name): \(done)/\(total)\(page.json["jobs"]?["open"]?.bool == true ? "+" : "")"
    ]
    if page.jobs("failed") > 0 { parts.append("\(page.jobs("failed")) failed") }
    if page.jobs("retrying") > 0 {
      parts.append(
        "\(page.jobs("retrying")) to be tried again (`spool jobs \(page.name) --failed` tells why)")
    }
    parts.append("\(page.jobs("running")) running")
    if let rate = rate(now), rate > 0 {
      parts.append("\(Units.fixed(rate, 1))/s")
      let left = Int(Double(max(0, total - done)) / rate * 1000)
      parts.append("\(Units.text(milliseconds: left / 1000 * 1000)) left")
    }
    let line = parts.joined(separator: ", ")
    return Terminal.isInteractive ? Self.bar(done, total) + " " + line : line
  }

  private func rate(_ now: Int) -> Double? {
    guard let first = samples.first, now > first.at, let last = samples.last else { return nil }
    return Double(last.done - first.done) * 1000 / Double(now - first.at)
  }

  private static func bar(_ done: Int, _ total: Int) -> String {
    let width = 24
    let filled = total > 0 ? min(width, done * width / total) : 0
    return "[" + String(repeating: "#", count: filled)
      + String(repeating: ".", count: width - filled) + "]"
  }

  func finish(_ page: TaskLookup.Page) {
    if Terminal.isInteractive, !lastText.isEmpty { Terminal.write(Array("\r\u{1B}[K".utf8), to: 2) }
    Terminal.print(SummaryText(page).text)
  }
}
