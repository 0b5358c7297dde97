import Glibc

/// Lets things happen at even times, counted from the beginning, so that no delay adds up.
struct Pace {
  private let milliseconds: Int
  private let start: timespec

  init(milliseconds: Int) {
    self.milliseconds = milliseconds
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    start = now
  }

  /// Returns when it is time for the event of this number, at once where that is over.
  func wait(for number: Int) {
    let wait = number * milliseconds
    var until = start
    until.tv_sec += wait / 1000
    until.tv_nsec += wait % 1000 * 1_000_000
    if until.tv_nsec >= 1_000_000_000 {
      until.tv_sec += 1
      until.tv_nsec -= 1_000_000_000
    }
    while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nil) == EINTR {}
  }
}
