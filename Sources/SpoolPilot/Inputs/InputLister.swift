internal import Glibc
public import SpoolStore
internal import Synchronization

/// A maker of lists of inputs: the seam between the pilot's state machine and that work.
///
/// In: listings. Out: their outcomes. A list may have a million entries, so it is made off the pilot's
/// own thread, whose heart goes on beating.
public protocol InputLister: AnyObject {
  /// Begins the work for the pilot's job `id`.
  func start(_ id: Int, _ listing: InputListing)
  /// Returns what was finished since the last call.
  func poll() -> [(id: Int, outcome: InputListing.Outcome)]
}

/// A lister with a thread for each list, which wakes the pilot when one is finished.
public final class ThreadedLister: InputLister {
  private let work: ListerWork

  /// Makes a lister; its threads are started when there is something to do.
  public init(waker: Waker) { work = ListerWork(waker) }

  /// Gives up what is being listed at its next thousand entries.
  deinit { work.stop() }

  /// Begins the work as ``InputLister/start(_:_:)`` says.
  public func start(_ id: Int, _ listing: InputListing) {
    do throws(FileError) {
      try WorkerThread.start { [work] in work.run(id, listing) }
    } catch {
      work.finish(id, .failed(error))
    }
  }

  /// Returns what was finished as ``InputLister/poll()`` says.
  public func poll() -> [(id: Int, outcome: InputListing.Outcome)] { work.takeFinished() }
}

/// What the pilot's thread and the threads of a lister share.
private final class ListerWork: Sendable {
  private struct Content {
    var finished: [(id: Int, outcome: InputListing.Outcome)] = []
    var isStopped = false
  }

  private let content = Mutex(Content())
  private let waker: Waker

  init(_ waker: Waker) { self.waker = waker }

  func run(_ id: Int, _ listing: InputListing) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: FileReading.chunk, alignment: 4096)
    defer { buffer.deallocate() }
    let goesOn = { self.content.withLock { !$0.isStopped } }
    finish(id, listing.run(goesOn: goesOn) { Self.digest($0, buffer, goesOn) })
  }

  private static func digest(
    _ request: DigestRequest, _ buffer: UnsafeMutableRawBufferPointer, _ goesOn: () -> Bool
  ) -> FileDigest.Answer {
    let reading = DigestSteps.real.begin(request)
    while goesOn() {
      if let answer = reading.step(buffer) { return answer }
    }
    return .failed(FileError("read", request.path, Errno.cancelled))
  }

  func finish(_ id: Int, _ outcome: InputListing.Outcome) {
    content.withLock { $0.finished.append((id, outcome)) }
    waker.wake()
  }

  func takeFinished() -> [(id: Int, outcome: InputListing.Outcome)] {
    content.withLock { content in
      defer { content.finished = [] }
      return content.finished
    }
  }

  func stop() { content.withLock { $0.isStopped = true } }
}
