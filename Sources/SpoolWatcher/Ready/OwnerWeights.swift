/// The weights of owners, as `spool.json` gives them by user name, by uid, or by `*`.
struct OwnerWeights {
  private var weights: [Int: Double] = [:]
  /// The weight of an owner who is not named.
  private var others = 1.0
  /// The names that no user of this host has.
  private(set) var unknown: [String] = []

  /// Resolves `shares` to uids. `uid` returns that of a user, by name; nil if there is none.
  init(_ shares: [String: Double] = [:], uid: (String) -> Int? = { _ in nil }) {
    for (name, weight) in shares.sorted(by: { $0.key < $1.key }) {
      if name == "*" {
        others = weight
      } else if let owner = Int(name) ?? uid(name) {
        weights[owner] = weight
      } else {
        unknown.append(name)
      }
    }
  }

  /// Returns the weight of an owner.
  func weight(of owner: Int) -> Double { weights[owner] ?? others }
}
