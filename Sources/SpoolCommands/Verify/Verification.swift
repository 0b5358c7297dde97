internal import SpoolClient
internal import SpoolModel
internal import SpoolStore
internal import SpoolWatcher
internal import Synchronization

/// The comparison of a dataset with its files: the lines of a catalogue come in, and findings go out.
/// Several threads read the files.
final class Verification: Sendable {
  /// The files and bytes that were compared so far.
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

  /// The time between two reports of the progress.
  static let tick = Duration.milliseconds(200)

  init(_ dataset: Name, _ source: CatalogueSource, _ check: FileCheck) throws(FileError) {
    self.dataset = dataset
    self.source = source
    self.check = check
    waker = try Waker()
  }

  /// Runs a number of threads to the end, and shows the progress meanwhile.
  func run(threads: Int, _ show: (Progress) -> Void) throws(FileError) {
    state.withLock { $0.running = threads }
    for _ in 0..<threads { try WorkerThread.start { [self] in work() } }
    while state.withLock({ $0.running > 0 }) {
      waker.wait(for: Self.tick)
      show(state.withLock { $0.progress })
    }
    if let failure = source.failure { throw failure }
  }

  private func work() {
    while let bytes = source.next() {
      guard let line = (try? JSON.parse(bytes)).flatMap({ CatalogueLine($0) }) else { continue }
      let path = line.file.path
      let wrong = check.check(line.file) { count in
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

  /// The findings, in the order of the paths.
  var findings: [Finding] { state.withLock { $0.findings }.sorted { $0.path < $1.path } }

  /// The directories of the dataset's files.
  var directories: [String] { state.withLock { $0.directories }.sorted() }
}
