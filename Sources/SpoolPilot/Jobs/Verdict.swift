internal import SpoolModel

/// The verdict on a payload that has ended. A function of its end, without effects.
enum Verdict {
  /// Returns the failure that the end of a payload is, or nil where it ended well. `lastLines` reads
  /// the end of what the payload printed.
  static func failure(
    _ end: PayloadEnd, of document: JobDocument, isReturning: Bool, lastLines: () -> String?
  ) -> JobFailure? {
    if isUnfinished(end, document) { return JobFailure(.unfinished, words(document)) }
    guard let cause = cause(end, isReturning: isReturning) else { return nil }
    return JobFailure(cause, reason(cause, end, document, lastLines))
  }

  /// Returns true for a payload that says that it is not done, however it was asked to end. One that
  /// was over its memory, or stuck, has failed.
  private static func isUnfinished(_ end: PayloadEnd, _ document: JobDocument) -> Bool {
    guard let checkpoint = document.checkpoint else { return false }
    switch end.reason {
    case .itself, .wall, .ended, .stopped: break
    case .memory, .outOfMemory, .stuck: return false
    }
    return end.status == .exited(Int32(checkpoint.policy.exit))
  }

  private static func words(_ document: JobDocument) -> String {
    let file = document.checkpoint?.policy.file ?? ""
    return "not done: it is to go on from \(file)"
  }

  private static func cause(_ end: PayloadEnd, isReturning: Bool) -> Cause? {
    switch end.reason {
    case .wall: return .wall
    case .memory, .outOfMemory: return .memory
    case .stuck: return .stuck
    case .ended where isReturning: return .returned
    // Before TERM came it may have been done.
    case .stopped where end.status != .exited(0): return .returned
    case .ended, .stopped, .itself: break
    }
    switch end.status {
    case .exited(0): return nil
    case .exited(let code): return .exit(Int(code))
    case .signalled(let number): return .signal(Int(number))
    }
  }

  private static func reason(
    _ cause: Cause, _ end: PayloadEnd, _ document: JobDocument, _ lastLines: () -> String?
  ) -> String {
    switch cause {
    case .wall:
      return "over its wall time of \(Units.text(document.wall))"
    case .memory where end.reason == .outOfMemory:
      return "killed by the kernel: the node, or the pilot's control group, was out of memory "
        + "(limit \(Units.text(bytes: document.memory)), \(Units.text(bytes: Int(end.memory))) seen)"
    case .memory:
      return "over its memory of \(Units.text(bytes: document.memory)) "
        + "(\(Units.text(bytes: Int(end.memory))) seen)"
    case .stuck:
      let time = Units.text(document.stuck ?? .zero)
      return "it printed nothing and used no processor for \(time)"
    case .returned: return "given back: the pilot was told to stop"
    case .exit(let code): return lastLines() ?? "exit code \(code), and nothing printed"
    default: return lastLines() ?? "ended by \(cause), and nothing printed"
    }
  }
}
