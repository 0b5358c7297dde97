import Glibc
public import SpoolStore
import Synchronization

/// A digester with threads of its own, which wakes the pilot when something is finished.
public final class ThreadedDigester: FileDigester {
  private let queue: DigestQueue

  /// Starts its threads: two, so that small files need not wait behind a large one. Fails where the
  /// process is out of descriptors or threads.
  public init(waker: Waker, threads count: Int = 2) throws(FileError) {
    var bells: [Waker] = []
    for _ in 0..<max(1, count) { bells.append(try Waker()) }
    let queue = DigestQueue(waker: waker, bells: bells)
    self.queue = queue
    for bell in bells { try WorkerThread.start { queue.work(bell) } }
  }

  /// Gives up what is being read at its next MiB, and drops what waits.
  deinit { queue.stop() }

  /// Begins the work as ``FileDigester/start(_:_:)`` says.
  public func start(_ id: Int, _ files: [DigestRequest]) { queue.add(id, files) }

  /// Returns what was finished as ``FileDigester/poll()`` says.
  public func poll() -> [(id: Int, digests: [FileDigest])] { queue.takeFinished() }
}

/// The queue that the pilot's thread and the workers share.
private final class DigestQueue: Sendable {
  private struct Content {
    var waiting: [(id: Int, files: [DigestRequest])] = []
    var finished: [(id: Int, digests: [FileDigest])] = []
    var isStopped = false
  }

  private let content = Mutex(Content())
  private let waker: Waker
  /// One for each worker, since a waker has one waiter.
  private let bells: [Waker]

  init(waker: Waker, bells: [Waker]) {
    self.waker = waker
    self.bells = bells
  }

  /// Adds work, and wakes the workers.
  func add(_ id: Int, _ files: [DigestRequest]) {
    content.withLock { $0.waiting.append((id, files)) }
    for bell in bells { bell.wake() }
  }

  /// Takes what was finished since the last call.
  func takeFinished() -> [(id: Int, digests: [FileDigest])] {
    content.withLock { content in
      defer { content.finished = [] }
      return content.finished
    }
  }

  /// Lets the workers end; they drop what waits.
  func stop() {
    content.withLock { $0.isStopped = true }
    for bell in bells { bell.wake() }
  }

  private var isStopped: Bool { content.withLock { $0.isStopped } }

  /// Works until the queue is stopped: the life of a worker.
  func work(_ bell: Waker) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: FileReading.chunk, alignment: 4096)
    defer { buffer.deallocate() }
    while !isStopped {
      guard let next = takeWaiting() else {
        bell.wait(until: .max)
        continue
      }
      let digests = next.files.map { file in
        FileDigest(
          path: file.path, answer: FileReading.digest(file, buffer) { !self.isStopped })
      }
      content.withLock { $0.finished.append((next.id, digests)) }
      waker.wake()
    }
  }

  private func takeWaiting() -> (id: Int, files: [DigestRequest])? {
    content.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
  }
}
