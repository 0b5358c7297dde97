internal import SpoolModel

/// Finds the jobs in ready that wait for longer than their turn. A pure value: claims come in; out
/// comes whether a job starves. It does when for ``patience``, since it was put and since a job of its
/// shape was claimed last, none of its shape was claimed, although one that goes after it was. So
/// chance alone, by which pilots choose among jobs that fit, lets no job starve for long.
struct Starvation {
  /// The time for which a job waits before anything is done for it.
  static let patience = Duration.seconds(5)
  /// The number of claims, and of shapes, that are remembered.
  private static let most = 100

  /// A claim that was seen.
  private struct Claim {
    var name: JobName
    var shape: Shape
    var at: Instant
  }

  /// The last claims of each queue, but for those that tell no more than a later one of a job that
  /// goes after. Of those that one look showed nobody knows which was first: it keeps one a shape.
  private var claims: [Queue: [Claim]] = [:]
  /// The last claim of each shape.
  private var latest: [Shape: Instant] = [:]

  /// Takes in that a pilot has a job. A claim of a job that had a reservation tells nothing of how the
  /// others of its shape fare.
  mutating func noteClaim(_ name: JobName, _ shape: Shape, isReserved: Bool, at now: Instant) {
    var claims = claims[shape.queue] ?? []
    while let last = claims.last, last.at < now || last.shape == shape,
      !name.goesBefore(last.name)
    {
      claims.removeLast()
    }
    claims.append(Claim(name: name, shape: shape, at: now))
    if claims.count > Self.most { claims.removeFirst() }
    self.claims[shape.queue] = claims
    if !isReserved { latest[shape] = now }
    if latest.count > Self.most { latest = latest.filter { now - $0.value < Self.patience * 10 } }
  }

  /// Returns whether any job of a shape may starve: a look at all of them is worth while.
  func mayStarve(_ shape: Shape, at now: Instant) -> Bool {
    now - (latest[shape] ?? .distantPast) >= Self.patience && !passing(shape).isEmpty
  }

  /// Returns whether a job that was put at a time starves.
  func starves(_ name: JobName, _ shape: Shape, put: Instant, at now: Instant) -> Bool {
    guard now - max(put, latest[shape] ?? .distantPast) >= Self.patience else { return false }
    return passing(shape).contains { $0.at > put && name.goesBefore($0.name) }
  }

  /// The claims of other shapes since a job of this one was claimed last.
  private func passing(_ shape: Shape) -> [Claim] {
    let latest = latest[shape] ?? .distantPast
    return (claims[shape.queue] ?? []).filter { $0.shape != shape && $0.at >= latest }
  }
}
