internal import Glibc

/// Threads that run one closure, without Foundation. Signals go to other threads.
///
/// Nobody waits for such a thread: a thread that hangs in a read from a dead server must not keep
/// the pilot from ending.
public enum WorkerThread {
  /// The closure, on its way through C.
  private final class Body {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Starts a thread, which ends with its closure. Fails where the system has no room for a thread.
  public static func start(_ run: @escaping @Sendable () -> Void) throws(FileError) {
    let body = Unmanaged.passRetained(Body(run))
    var thread = pthread_t()
    let error = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, nil)
        Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, body.toOpaque())
    if error != 0 {
      body.release()
      throw FileError("pthread_create", "", error)
    }
    pthread_detach(thread)
  }
}
