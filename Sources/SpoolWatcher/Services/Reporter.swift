internal import SpoolModel
internal import SpoolStore

/// Shows how it stands: `STATUS`, and the page of each task. Rewritten at most once a second, and
/// only where something changed.
final class Reporter {
  private let books: Books
  private let jobs: JobExecutor
  private let pilots: PilotControl
  private var lastPages: Int?
  /// What a task's page was made of when it was written last.
  private var written: [Name: (head: [UInt8], request: [UInt8])] = [:]
  private var lastStatus: [UInt8] = []
  /// Tasks that ended, whose summaries are to be written.
  private var ended: Set<Name> = []

  static let interval = 1000

  init(_ books: Books, jobs: JobExecutor, pilots: PilotControl) {
    self.books = books
    self.jobs = jobs
    self.pilots = pilots
  }

  /// When it wants to write again, monotonic.
  var nextPages: Int { (lastPages ?? 0) + Self.interval }

  /// Writes what is due; at the watcher's end all, whenever it was written last. `foreign` is what
  /// lies in `incoming/` and is not taken.
  func write(foreign: [Spool.Foreign], isLast: Bool = false) throws(FileError) {
    try writeSummaries()
    guard isLast || lastPages == nil || books.time.now >= nextPages else { return }
    lastPages = books.time.now
    let ready = jobs.readyByTask
    for task in books.state.liveTasks {
      try write(TaskPage(task: task, state: books.state, ready: ready[task.name] ?? 0))
    }
    let status = StatusPage(
      books: books, pilots: pilots.living, ready: ready, foreign: foreign, isLast: isLast)
    let text = status.text
    guard isLast || text != lastStatus else { return }
    try books.spool.writePage(
      books.spool.layout.status, Array(status.heading.utf8) + text)
    lastStatus = text
  }

  private func write(_ page: TaskPage) throws(FileError) {
    let (name, head) = (page.task.name, page.head)
    guard written[name]?.head != head else { return }
    let request = written[name]?.request ?? page.request
    try books.spool.writePage(
      books.spool.layout.activeTask(name), TaskPage.text(head, request: request))
    written[name] = (head, request)
  }

  /// A task's end is shown at once: someone waits for it.
  private func writeSummaries() throws(FileError) {
    for name in ended {
      guard let task = books.state.tasks[name] else { continue }
      let page = TaskPage(task: task, state: books.state, ready: 0)
      let text = TaskPage.text(page.head, request: written[name]?.request ?? page.request)
      let path = books.spool.layout.endedTask(name, failed: task.state != .done)
      try books.spool.files.replace(path, text, durable: false)
      try books.spool.files.removeIfPresent(books.spool.layout.activeTask(name))
      written[name] = nil
      ended.remove(name)
    }
  }

  /// Whether a page is there and as it was written: a power cut may have left it torn. One that is
  /// longer than any that is written is none of ours.
  private func isWhole(_ path: String) throws(FileError) -> Bool {
    do throws(FileError) {
      let bytes = try books.spool.files.readIfPresent(path, limit: Self.longestPage)
      return bytes.flatMap { try? JSON.parse($0) } != nil
    } catch {
      guard error.isTooLarge else { throw error }
      return false
    }
  }

  /// A task's page holds its request, and of a list an entry a line.
  private static let longestPage = 4 * Limits.request

  /// A task has ended, and that is committed.
  func noteEnded(_ name: Name) { ended.insert(name) }

  /// After a restart: tasks that ended just before, and tasks' files without a task.
  func resume() throws(FileError) {
    for task in books.state.tasks.values where task.state.hasEnded {
      let path = books.spool.layout.endedTask(task.name, failed: task.state != .done)
      if try !isWhole(path) { ended.insert(task.name) }
    }
    for name in try books.spool.running(fresh: true).tasks {
      guard let task = books.state.tasks[name], task.state.hasEnded else { continue }
      try books.spool.files.removeIfPresent(books.spool.layout.activeTask(name))
    }
  }
}
