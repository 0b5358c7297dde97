internal import Glibc
internal import SpoolClient
internal import SpoolModel
internal import SpoolPilot
internal import SpoolStore
internal import Synchronization

/// The runner of the site's command for notices: it runs the command for one notice after another, on
/// a thread of its own, so that the watcher goes on whatever the command does.
final class NoticeRunner: Sendable {
  private struct State {
    var queue: [Notice] = []
    var isBusy = false
    /// True at the watcher's end: no more commands are run, and the running one is killed.
    var isOver = false
  }

  /// The most notices that wait; beyond it the oldest is dropped.
  static let longestQueue = 100
  /// The time that the command has at the watcher's end.
  static let farewell = Duration.seconds(5)
  /// The time within which a killed command is gone.
  static let killTime = Duration.seconds(1)
  /// The part of the command's output that goes into the log: lines, and bytes of each.
  static let mostLines = 20
  static let longestLine = 500

  private let command: NoticeCommand
  private let spool: String
  private let state = Mutex(State())
  private let news: Waker
  private let quiet: Waker
  private let say: @Sendable (String) -> Void
  private let told: @Sendable (Notice) -> Void

  /// Makes a runner. It calls `told` on its own thread for each notice of which the command has been
  /// told: it ended with exit code 0.
  init(
    _ command: NoticeCommand, spool: String, say: @escaping @Sendable (String) -> Void,
    told: @escaping @Sendable (Notice) -> Void
  ) throws(FileError) {
    self.command = command
    self.spool = spool
    self.say = say
    self.told = told
    news = try Waker()
    quiet = try Waker()
    try WorkerThread.start { [self] in work() }
  }

  /// Takes a notice, and returns at once.
  func tell(_ notice: Notice) {
    let dropped = state.withLock { state in
      state.queue.append(notice)
      return state.queue.count > Self.longestQueue ? state.queue.removeFirst() : nil
    }
    if let dropped { say("too many notices wait: dropped \(Self.words(dropped))") }
    news.wake()
  }

  /// Waits for the commands, for a while; then kills the running one and drops the notices that wait.
  func finish() {
    let deadline = Waker.deadline(in: Self.farewell)
    while !isIdle, Waker.now() < deadline { quiet.wait(until: deadline) }
    let (left, isBusy) = state.withLock { state in
      state.isOver = true
      defer { state.queue = [] }
      return (state.queue.count, state.isBusy)
    }
    if left > 0 { say("\(left) notices were not told: the watcher ends") }
    guard isBusy else { return }
    let end = Waker.deadline(in: Self.killTime)
    while !isIdle, Waker.now() < end { quiet.wait(until: end) }
  }

  /// True while no command runs and no notice waits.
  var isIdle: Bool { state.withLock { $0.queue.isEmpty && !$0.isBusy } }

  private func work() {
    while true {
      while let notice = next() {
        run(notice)
        state.withLock { $0.isBusy = false }
      }
      quiet.wake()
      news.wait(until: .max)
    }
  }

  private func next() -> Notice? {
    state.withLock { state in
      guard !state.queue.isEmpty, !state.isOver else { return nil }
      state.isBusy = true
      return state.queue.removeFirst()
    }
  }

  private func run(_ notice: Notice) {
    var call = CommandOutput.Call(
      arguments: command.command, environment: environment(notice),
      deadline: Waker.deadline(in: command.timeout))
    call.input = notice.json.compact + [10]
    call.takesErrors = true
    call.limit = 64 << 10
    do throws(SpawnError) {
      let (end, output) = try CommandOutput.run(call) { !state.withLock { $0.isOver } }
      report(notice, end, output)
      if case .exited(0) = end { told(notice) }
    } catch {
      say("onEnd: \(FileError("start", error.program, error.code)); \(Self.words(notice))")
    }
  }

  private func environment(_ notice: Notice) -> [String: String] {
    var variables = Environment.clean(Environment.all)
    variables["SPOOL_DIR"] = spool
    variables["SPOOL_EVENT"] = notice.event.rawValue
    return variables.merging(notice.variables) { $1 }
  }

  private func report(_ notice: Notice, _ end: CommandOutput.End, _ output: [UInt8]) {
    let lines = output.split(separator: 10)
    for line in lines.prefix(Self.mostLines) {
      let text = String(decoding: line.prefix(Self.longestLine), as: UTF8.self)
      say("onEnd: \(text)\(line.count > Self.longestLine ? "…" : "")")
    }
    if lines.count > Self.mostLines { say("onEnd: … \(lines.count - Self.mostLines) lines more") }
    switch end {
    case .exited(0): break
    case .exited(let code): say("onEnd: exit code \(code); \(Self.words(notice))")
    case .signalled(let number): say("onEnd: ended by signal \(number); \(Self.words(notice))")
    case .killed:
      let time = Units.text(command.timeout)
      say("onEnd: killed, over its time of \(time) or at the watcher's end; \(Self.words(notice))")
    }
  }

  private static func words(_ notice: Notice) -> String {
    "\(notice.event.rawValue) \(notice.subject)"
  }
}
