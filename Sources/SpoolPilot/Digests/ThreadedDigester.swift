import DequeModule
import Glibc
public import SpoolStore
import Synchronization

/// A digester with threads of its own, which wakes the pilot when something is finished.
public final class ThreadedDigester: FileDigester {
  private let queue: DigestQueue

  /// Starts its threads: some, so that few files whose server hangs do not hold up all others. Fails
  /// where the process is out of descriptors or threads.
  public init(waker: Waker, threads count: Int = 4) throws(FileError) {
    var bells: [Waker] = []
    for _ in 0..<max(1, count) { bells.append(try Waker()) }
    let queue = DigestQueue(waker: waker, bells: bells)
    self.queue = queue
    for bell in bells { try WorkerThread.start { queue.work(bell) } }
  }

  /// Gives up what is being read at its next piece, and drops what waits.
  deinit { queue.stop() }

  /// Begins the work as ``FileDigester/start(_:_:)`` says.
  public func start(_ id: Int, _ files: [DigestRequest]) {
    queue.add(DigestWork(id: id, files: files))
  }

  /// Begins to copy as ``FileDigester/copy(_:_:)`` says.
  public func copy(_ id: Int, _ copy: FileCopy) {
    let source = DigestRequest(path: copy.source, durable: false, checksum: true)
    queue.add(DigestWork(id: id, files: [source], reading: FileCopying(copy)))
  }

  /// Gives up the work as ``FileDigester/cancel(_:)`` says.
  public func cancel(_ id: Int) { queue.cancel(id) }

  /// Returns what was finished as ``FileDigester/poll()`` says.
  public func poll() -> [(id: Int, digests: [FileDigest])] { queue.takeFinished() }
}

/// The work for one job: its files, one after the other.
private struct DigestWork {
  let id: Int
  let files: [DigestRequest]
  var digests: [FileDigest] = []
  var reading: (any DigestStep)?

  /// Does a piece. Returns true when all is done.
  mutating func step(_ buffer: UnsafeMutableRawBufferPointer, _ steps: DigestSteps) -> Bool {
    guard digests.count < files.count else { return true }
    let file = files[digests.count]
    let reading = reading ?? steps.begin(file)
    self.reading = reading
    guard let answer = reading.step(buffer) else { return false }
    self.reading = nil
    digests.append(FileDigest(path: file.path, answer: answer))
    return digests.count == files.count
  }
}

/// The queue that the pilot's thread and the workers share. The work of each job goes by turns, piece
/// by piece, so that small files need not wait behind large ones.
private final class DigestQueue: Sendable {
  private struct Content {
    var waiting: Deque<Wrapped> = []
    var finished: [(id: Int, digests: [FileDigest])] = []
    /// The jobs whose work waits or is in a worker's hands.
    var known: Set<Int> = []
    var isStopped = false
  }

  /// Work on its way from one worker to another: one has it at a time.
  private struct Wrapped: @unchecked Sendable {
    var work: DigestWork
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
  func add(_ work: consuming DigestWork) {
    let next = Wrapped(work: work)
    content.withLock { content in
      content.known.insert(next.work.id)
      content.waiting.append(next)
    }
    for bell in bells { bell.wake() }
  }

  /// Drops the work for a job.
  func cancel(_ id: Int) {
    content.withLock { content in
      content.known.remove(id)
      content.waiting.removeAll { $0.work.id == id }
      content.finished.removeAll { $0.id == id }
    }
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
    let steps = DigestSteps.real
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: FileReading.chunk, alignment: 4096)
    defer { buffer.deallocate() }
    while !isStopped {
      guard var next = takeWaiting() else {
        bell.wait(until: .max)
        continue
      }
      let isDone = next.work.step(buffer, steps)
      putBack(next, isDone: isDone)
      if isDone { waker.wake() }
    }
  }

  private func takeWaiting() -> Wrapped? {
    content.withLock { $0.waiting.popFirst() }
  }

  /// Puts work last in the row, or among what is finished; drops what was given up meanwhile.
  private func putBack(_ next: consuming Wrapped, isDone: Bool) {
    let next = next
    let isWanted = content.withLock { content in
      guard content.known.contains(next.work.id) else { return false }
      guard isDone else {
        content.waiting.append(next)
        return true
      }
      content.known.remove(next.work.id)
      content.finished.append((next.work.id, next.work.digests))
      return true
    }
    if !isWanted { next.work.reading?.abandon() }
  }
}
