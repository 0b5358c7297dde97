internal import Glibc
internal import SpoolModel

extension StopPolicy {
  /// Returns the policy as a runner follows it, for a payload that has so much time. The signal comes
  /// of itself `before` the end; if a pilot that leaves has less time than that, at half of it.
  func stop(within time: Duration) -> PayloadStop? {
    guard signal != .term || before != nil else { return nil }
    return PayloadStop(
      signal: signal.number, after: before.map { $0 < time ? time - $0 : time / 2 })
  }
}

extension StopPolicy.Signal {
  /// The signal's number on this machine.
  var number: Int32 {
    switch self {
    case .hup: SIGHUP
    case .int: SIGINT
    case .quit: SIGQUIT
    case .usr1: SIGUSR1
    case .usr2: SIGUSR2
    case .alrm: SIGALRM
    case .term: SIGTERM
    case .xcpu: SIGXCPU
    }
  }
}
