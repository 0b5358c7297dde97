internal import SpoolClient
internal import SpoolModel

/// The state of `spool top`, a pure value: in come keys and what was read of the spool, out go actions for
/// the shell. ``TopView`` draws it.
struct TopModel {
  /// A screen.
  enum Screen: Equatable {
    case tasks
    case pilots
    /// A task or a chain: its page and what explains it.
    case task(Name)
    /// What the jobs of a task print.
    case log(Name)
    case help
  }

  /// The order of the tasks.
  enum Order: String, CaseIterable {
    case age, name, state, failed, rate
  }

  /// What the shell is to do.
  enum Action: Equatable {
    case quit
    case order(ControlRequest)
    /// Read anew what the screen shows.
    case look
  }

  /// A question that waits for y or n.
  struct Question: Equatable {
    var text: String
    var order: ControlRequest
  }

  var data = TopData()
  private(set) var screens: [Screen] = [.tasks]
  private(set) var order = Order.age
  private(set) var filter = ""
  /// True while the filter is being typed.
  private(set) var isTyping = false
  private(set) var question: Question?
  /// The outcome of the last action, or advice.
  var message = ""
  /// The task under the cursor, by name: it stays when the list changes.
  private(set) var marked: Name?
  /// The first line that is shown of a text; of a log the last lines are, until somebody scrolls.
  private(set) var scrolled = 0
  private(set) var isFollowing = true
  /// The lines of the screen that shows a task, or its log.
  var text: [String] = []
  /// The number of lines that the middle of the screen has.
  var room = 20

  var screen: Screen { screens.last ?? .tasks }

  /// The tasks that are shown, in order.
  var rows: [TaskPage] {
    let wanted = data.pages.filter { filter.isEmpty || $0.name.text.contains(filter) }
    return switch order {
    case .age: wanted
    case .name: wanted.sorted { $0.name < $1.name }
    case .state: wanted.sorted { ($0.state.rawValue, $0.name) < ($1.state.rawValue, $1.name) }
    case .failed: wanted.sorted { ($1.jobs.failed, $0.name) < ($0.jobs.failed, $1.name) }
    case .rate: wanted.sorted { (rate($1), $0.name) < (rate($0), $1.name) }
    }
  }

  private func rate(_ page: TaskPage) -> Double { data.rates[page.name] ?? 0 }

  /// The row under the cursor; 0 where the marked task is gone.
  var cursor: Int { rows.firstIndex { $0.name == marked } ?? 0 }

  /// The task that an action is for.
  var subject: TaskPage? {
    switch screen {
    case .tasks: rows.indices.contains(cursor) ? rows[cursor] : nil
    case .task(let name), .log(let name): data.pages.first { $0.name == name }
    case .pilots, .help: nil
    }
  }

  /// The first line that is shown of the text.
  var firstLine: Int {
    let last = max(0, text.count - room)
    if case .log = screen, isFollowing { return last }
    return min(scrolled, last)
  }

  // MARK: Keys

  /// Takes in a key.
  mutating func press(_ key: TopKey) -> Action? {
    if key == .interrupt { return .quit }
    if let question { return answer(question, key) }
    if isTyping { return type(key) }
    message = ""
    switch key {
    case .up, .character("k"): move(-1)
    case .down, .character("j"): move(1)
    case .pageUp: move(-room)
    case .pageDown, .character(" "): move(room)
    case .home, .character("g"): move(-1_000_000)
    case .end, .character("G"): move(1_000_000)
    case .enter: return open()
    case .escape, .backspace: return back()
    case .character(let letter): return press(letter)
    case .interrupt: break
    }
    return nil
  }

  private mutating func press(_ letter: Character) -> Action? {
    switch letter {
    case "q": return screens.count > 1 ? back() : .quit
    case "?": return show(.help)
    case "p": return show(.pilots)
    case "l": return subject.flatMap { show(.log($0.name)) }
    case "s":
      let all = Order.allCases
      order = all[((all.firstIndex(of: order) ?? 0) + 1) % all.count]
    case "/":
      screens = [.tasks]
      filter = ""
      isTyping = true
    case "h":
      guard let page = subject else { return nil }
      return .order(ControlRequest(task: page.name, action: page.state == .held ? .release : .hold))
    case "c": ask("cancel", .cancel, "its jobs are ended, what is done stays")
    case "r": ask("retry", .retry(RetryOrder()), "what failed is tried again")
    default: message = "no such key; ? shows all"
    }
    return nil
  }

  private mutating func ask(_ verb: String, _ action: ControlRequest.Action, _ what: String) {
    guard let page = subject else { return }
    question = Question(
      text: "\(verb) \(page.name)? (\(what)) y/n",
      order: ControlRequest(task: page.name, action: action))
  }

  private mutating func answer(_ question: Question, _ key: TopKey) -> Action? {
    self.question = nil
    guard key == .character("y") else {
      message = "nothing is done"
      return nil
    }
    return .order(question.order)
  }

  private mutating func type(_ key: TopKey) -> Action? {
    switch key {
    case .character(let letter): filter.append(letter)
    case .backspace: _ = filter.popLast()
    case .escape:
      filter = ""
      isTyping = false
    case .enter: isTyping = false
    default: break
    }
    return nil
  }

  private mutating func move(_ lines: Int) {
    switch screen {
    case .tasks:
      let rows = rows
      guard !rows.isEmpty else { return }
      marked = rows[min(max(0, cursor + lines), rows.count - 1)].name
    case .pilots, .task, .help, .log:
      let last = max(0, text.count - room)
      scrolled = min(max(0, firstLine + lines), last)
      isFollowing = scrolled >= last
    }
  }

  private mutating func open() -> Action? {
    guard let page = subject, screen == .tasks else { return nil }
    marked = page.name
    return show(.task(page.name))
  }

  private mutating func show(_ screen: Screen) -> Action? {
    guard screen != self.screen else { return nil }
    screens.append(screen)
    reset()
    return .look
  }

  private mutating func back() -> Action? {
    guard screens.count > 1 else {
      filter = ""
      return nil
    }
    screens.removeLast()
    reset()
    return .look
  }

  private mutating func reset() {
    text = []
    scrolled = 0
    isFollowing = true
  }
}
