internal import Glibc

/// The descriptors 0, 1 and 2.
enum StandardFiles {
  /// Opens `/dev/null` in the place of each that is closed: else the next file that is opened would get
  /// its number, and what is said would go into it. It comes before all else.
  static func open() {
    for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
      // The lowest free number is this one.
      _ = Glibc.open("/dev/null", O_RDWR)
    }
  }
}
