internal import SpoolModel
internal import SpoolStore

/// Shows how it stands: `STATUS`, and the page of each task. Rewritten at most once a second, and
/// only where something changed.
final class Reporter {
  private let books: Books
  private let jobs: JobExecutor
  private let pilots: PilotControl
  private var lastPages: Int?
  private var written: [Name: [UInt8]] = [:]
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
  /// lies in `incoming/` and is not taken. What cannot be written now is written later, and holds
  /// nothing up.
  func write(foreign: [String], isLast: Bool = false) {
    writeSummaries()
    guard isLast || isDue else { return }
    for task in books.state.liveTasks { writePage(task) }
    writeStatus(foreign: foreign, isLast: isLast)
  }

  private var isDue: Bool { lastPages == nil || books.time.now >= nextPages }

  /// `STATUS` alone, where it is due: also when a turn came to nothing.
  func writeStatus(foreign: [String], isLast: Bool = false) {
    guard isLast || isDue else { return }
    lastPages = books.time.now
    let status = StatusPage(
      books: books, pilots: pilots.living, ready: jobs.readyByTask, foreign: foreign,
      isLast: isLast)
    let text = status.text
    guard isLast || text != lastStatus else { return }
    do throws(FileError) {
      try books.spool.writeStatus(Array(status.heading.utf8) + text)
      lastStatus = text
    } catch {
      books.troubles.note(error)
    }
  }

  private func writePage(_ task: TaskEntry) {
    let ready = jobs.readyByTask[task.name] ?? 0
    let page = TaskPage(task: task, state: books.state, ready: ready).text
    guard written[task.name] != page else { return }
    do throws(FileError) {
      try books.spool.writePage(books.spool.layout.activeTask(task.name), page)
      written[task.name] = page
    } catch {
      books.troubles.note(error)
    }
  }

  /// A task's end is shown at once: someone waits for it.
  private func writeSummaries() {
    for name in ended {
      guard let task = books.state.tasks[name] else { continue }
      let page = TaskPage(task: task, state: books.state, ready: 0).text
      let path = books.spool.layout.endedTask(name, failed: task.state != .done)
      do throws(FileError) {
        try books.spool.files.replace(path, page, durable: false)
        try books.spool.files.removeIfPresent(books.spool.layout.activeTask(name))
        written[name] = nil
        ended.remove(name)
      } catch {
        books.troubles.note(error)
      }
    }
  }

  /// A task has ended, and that is committed.
  func noteEnded(_ name: Name) { ended.insert(name) }

  /// After a restart: tasks that ended just before, and tasks' files without a task.
  func resume() throws(FileError) {
    for task in books.state.tasks.values where task.state.hasEnded {
      let path = books.spool.layout.endedTask(task.name, failed: task.state != .done)
      // A power cut may have left it torn.
      let bytes = try books.spool.files.readIfPresent(path, limit: Limits.request)
      if bytes.flatMap({ try? JSON.parse($0) }) == nil { ended.insert(task.name) }
    }
    for name in try books.spool.running(fresh: true).tasks {
      guard let task = books.state.tasks[name], task.state.hasEnded else { continue }
      try books.spool.files.removeIfPresent(books.spool.layout.activeTask(name))
    }
  }
}
