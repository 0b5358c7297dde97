/// What goes on while a party is stopped in the middle of what it does. One thread plays all parties.
final class Pause: @unchecked Sendable {
  private var left: Int
  private let body: () -> Void

  /// At the n-th count, from 1.
  init(at number: Int, _ body: @escaping () -> Void) {
    left = number
    self.body = body
  }

  var hasCome: Bool { left <= 0 }

  func count() {
    left -= 1
    if left == 0 { body() }
  }
}
