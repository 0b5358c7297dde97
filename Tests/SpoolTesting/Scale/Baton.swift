internal import Glibc

/// The turn of a thread: it waits for the baton, which another thread passes to it.
///
/// It is unchecked because it holds a pointer. The pointer never changes, and any thread may post to a
/// POSIX semaphore and wait for it.
final class Baton: @unchecked Sendable {
  private let semaphore: UnsafeMutablePointer<sem_t>

  init() {
    semaphore = .allocate(capacity: 1)
    sem_init(semaphore, 0, 0)
  }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func pass() { sem_post(semaphore) }

  /// Waits until the baton has been passed. Signals do not end the wait.
  func wait() { while sem_wait(semaphore) != 0 {} }
}
