internal import SpoolModel

/// The jobs of one shape in ready, by owner and priority, and the room that is left for an owner. A
/// pure value.
struct ReadyRoom {
  /// The least number of jobs that each owner may have in ready, however many owners there are.
  static let floor = 8

  private var all = Array(repeating: 0, count: 10)
  private var owners: [Int: [Int]] = [:]
  /// The sum of the weights of the owners who have jobs here.
  private var weight = 0.0

  /// Notes that a job came, or went (-1).
  mutating func count(_ change: Int, _ owner: Int, priority: Int, _ weights: OwnerWeights) {
    let count = owners.count
    all[priority] += change
    owners[owner, default: Array(repeating: 0, count: 10)][priority] += change
    if change < 0, owners[owner]?.allSatisfy({ $0 == 0 }) ?? false { owners[owner] = nil }
    guard owners.count != count else { return }
    weight = owners.keys.reduce(0) { $0 + weights.weight(of: $1) }
  }

  /// True if no job is here.
  var isEmpty: Bool { owners.isEmpty }

  /// Returns the number of jobs of a priority or better.
  func ahead(of priority: Int) -> Int { all[...priority].reduce(0, +) }

  /// Returns the number of further jobs of an owner, of a priority, for which there is room in a depth.
  /// The owner's share of the depth is its own; what others leave of theirs it may have, too. Only
  /// jobs of that priority or better count.
  func room(
    in depth: Int, for owner: Int, priority: Int, _ weights: OwnerWeights
  ) -> Int {
    let ahead = ahead(of: priority)
    let own = owners[owner]?[...priority].reduce(0, +) ?? 0
    let weight = weights.weight(of: owner)
    let others = owners[owner] == nil ? self.weight : self.weight - weight
    let share = Int(Double(depth) * weight / (weight + max(0, others)))
    return max(0, depth - ahead, max(Self.floor, share) - own)
  }

  /// Returns the number of further jobs of a task that its own limit and the tokens allow. `tokens`
  /// are those that a job needs, each with the number that is free.
  static func room(
    maxRunning: Int?, inUse: Int, tokens: [(needed: Int, free: Int)]
  ) -> Int {
    let rooms = tokens.map { $0.free / max(1, $0.needed) } + [maxRunning.map { $0 - inUse } ?? .max]
    return max(0, rooms.min() ?? .max)
  }
}
