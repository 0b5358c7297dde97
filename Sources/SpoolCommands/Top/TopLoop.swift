internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// The loop of `spool top`: draws, waits for keys, looks at the spool when it is time, and drops the orders
/// that the user gives.
struct TopLoop {
  private let spool: Spool
  private let terminal: TopTerminal
  private let interval: Duration
  private var model = TopModel()
  private var reader: TopReader
  private var follower: (task: Name, logs: [LogFollower])?

  /// The most lines of a log that are kept.
  static let mostLines = 5000

  init(_ spool: Spool, at place: String, _ terminal: TopTerminal, _ interval: Duration) {
    self.spool = spool
    self.terminal = terminal
    self.interval = interval
    reader = TopReader(spool, at: place)
  }

  /// Runs until the user leaves, or the terminal is gone.
  mutating func run() throws {
    let time = SystemTime()
    var due = time.instant
    while true {
      if time.instant >= due {
        look()
        due = time.instant + interval
      }
      draw()
      guard let keys = terminal.keys(within: due - time.instant) else { return }
      for key in keys {
        switch model.press(key) {
        case nil: continue
        case .quit: return
        case .look: due = time.instant
        case .order(let order):
          give(order)
          due = time.instant
        }
      }
    }
  }

  private mutating func draw() {
    let (width, height) = terminal.size
    model.room = TopView(model: model, width: width, height: height).room
    terminal.draw(TopView(model: model, width: width, height: height).lines, width: width)
  }

  /// Reads what the screen shows. What cannot be read now is tried again at the next look.
  private mutating func look() {
    do {
      model.data = try reader.look()
      switch model.screen {
      case .task(let name): model.text = try page(name)
      case .log(let name): try follow(name)
      case .pilots: model.text = model.data.pilots.map(\.name.text)
      case .tasks, .help: break
      }
    } catch {
      model.message = "\(error)"
    }
    if case .log = model.screen {} else { follower = nil }
  }

  private func page(_ name: Name) throws -> [String] {
    guard let page = TaskLookup(spool).page(of: name) else { return ["\(name) is gone"] }
    var lines = TaskText(page).text.split(separator: "\n", omittingEmptySubsequences: false).map(
      String.init)
    for step in try Explanation(spool).steps(of: page) { lines += [""] + step }
    return lines
  }

  private mutating func follow(_ name: Name) throws {
    var logs = follower?.task == name ? follower?.logs ?? [] : []
    if logs.isEmpty {
      let tasks = TaskLookup(spool).page(of: name)?.tasks ?? [name]
      logs = tasks.map { LogFollower(spool, $0) }
    }
    for index in logs.indices {
      let text = String(decoding: try logs[index].look(), as: UTF8.self)
      guard !text.isEmpty else { continue }
      var lines = text.split(whereSeparator: \.isNewline).map(String.init)
      if lines.count > Self.mostLines { lines.removeFirst(lines.count - Self.mostLines) }
      model.text += lines
    }
    let surplus = model.text.count - Self.mostLines
    if surplus > 0 { model.text.removeFirst(surplus) }
    follower = (name, logs)
  }

  /// Drops an order, and waits for its effect, as the verbs do.
  private mutating func give(_ order: ControlRequest) {
    model.message = "\(order.kind) \(order.task) …"
    draw()
    do {
      let delivery = try RequestDelivery(spool, rooms: [.done, .failed, .running])
      // The screen stands still meanwhile: what takes longer is seen in the list.
      model.message = try delivery.give(order, patience: RequestDelivery.effectPatience)
    } catch let failure as Failure {
      model.message = failure.message
    } catch {
      model.message = "\(error)"
    }
  }
}
