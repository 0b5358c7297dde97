internal import SpoolModel
internal import Synchronization

/// The keys with which requests came lately. A second try of one that came gets the first one's receipt.
/// Those of tasks and chains are found in their pages, too, which last longer than the gateway.
final class IdempotencyKeys: Sendable {
  /// What is known of a key.
  enum Finding {
    /// It is new, and counts as in work from now on.
    case new
    /// A request with it is in work.
    case inWork
    /// It came with another request.
    case other
    /// It came with this request, which got this receipt.
    case receipt(JSON)
  }

  private struct Entry {
    var digest: [UInt8]
    var receipt: JSON?
    var number: Int
  }

  private struct State {
    var entries: [String: Entry] = [:]
    var next = 0
  }

  private let state = Mutex(State())

  /// Keys that are kept.
  private static let most = 10_000

  /// Looks for a key, by its caller, for a request of this digest.
  func begin(_ key: String, _ digest: [UInt8]) -> Finding {
    state.withLock { state in
      if let entry = state.entries[key] {
        guard entry.digest == digest else { return .other }
        return entry.receipt.map { .receipt($0) } ?? .inWork
      }
      if state.entries.count >= Self.most { Self.drop(&state) }
      state.entries[key] = Entry(digest: digest, receipt: nil, number: state.next)
      state.next += 1
      return .new
    }
  }

  /// Notes the receipt of a request, or that it failed and may be tried again.
  func end(_ key: String, _ receipt: JSON?) {
    state.withLock { state in
      if let receipt { state.entries[key]?.receipt = receipt } else { state.entries[key] = nil }
    }
  }

  /// Forgets the older half.
  private static func drop(_ state: inout State) {
    let first = state.next - most / 2
    state.entries = state.entries.filter { $0.value.number >= first || $0.value.receipt == nil }
  }
}
