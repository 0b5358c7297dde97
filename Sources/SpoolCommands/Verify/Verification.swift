internal import SpoolModel
internal import SpoolStore
internal import SpoolWatcher
internal import Synchronization

/// Looks at all files of a dataset, several at a time.
final class Verification: Sendable {
  /// How far it is.
  struct Progress: Sendable {
    var files = 0
    var bytes = 0
  }

  private struct State {
    var progress = Progress()
    var findings: [Finding] = []
    var directories: Set<String> = []
    var running = 0
  }

  private let dataset: Name
  private let source: CatalogueSource
  private let check: FileCheck
  private let state = Mutex(State())
  private let waker: Waker

  /// Milliseconds between two looks at how far it is.
  static let tick = 200

  init(_ dataset: Name, _ source: CatalogueSource, _ check: FileCheck) throws(FileError) {
    self.dataset = dataset
    self.source = source
    self.check = check
    waker = try Waker()
  }

  /// Runs so many threads to the end; tells meanwhile how far they are.
  func run(threads: Int, _ show: (Progress) -> Void) throws(FileError) {
    state.withLock { $0.running = threads }
    for _ in 0..<threads { try WorkerThread.start { [self] in work() } }
    while state.withLock({ $0.running > 0 }) {
      waker.wait(until: Waker.now() + UInt64(Self.tick) * 1_000_000)
      show(state.withLock { $0.progress })
    }
    if let failure = source.failure { throw failure }
  }

  private func work() {
    while let bytes = source.next() {
      guard let line = try? JSON.parse(bytes), let path = line["path"]?.string else { continue }
      let wrong = check.check(line, path) { count in
        state.withLock { $0.progress.bytes += count }
      }
      let directory = FilePath.directory(path)
      state.withLock { state in
        state.progress.files += 1
        state.directories.insert(directory)
        guard let (kind, what) = wrong else { return }
        state.findings.append(
          Finding(kind: kind, dataset: dataset, path: path, what: what, line: line))
      }
    }
    state.withLock { $0.running -= 1 }
    waker.wake()
  }

  var progress: Progress { state.withLock { $0.progress } }

  /// What is wrong, in the order of the paths.
  var findings: [Finding] { state.withLock { $0.findings }.sorted { $0.path < $1.path } }

  /// Where the dataset's files are.
  var directories: [String] { state.withLock { $0.directories }.sorted() }
}
