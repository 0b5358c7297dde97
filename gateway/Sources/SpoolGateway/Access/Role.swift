/// What a caller may do. Each role may do what the one before may.
enum Role: Int, Comparable, CaseIterable, Sendable {
  /// Look at everything.
  case read
  /// Submit tasks and datasets, and give orders about what was submitted under the same name.
  case submit
  /// Give orders about everything, pilots included.
  case operate

  static func < (left: Role, right: Role) -> Bool { left.rawValue < right.rawValue }

  var text: String { "\(self)" }

  init?(_ text: String) {
    guard let role = Role.allCases.first(where: { $0.text == text }) else { return nil }
    self = role
  }
}

/// Who asks.
struct Caller: Sendable, Equatable {
  /// The name of the token; nil for a caller of this host that needs none.
  var name: String?
  var role: Role
}
