internal import SpoolModel
internal import SpoolStore

/// The claims in a pilot's directory that it cannot read. A pure value: refusals come in, and whether
/// to go on trying comes out (R10).
struct UnreadableClaims {
  private struct Claim {
    /// The first refusal.
    var since: Instant
    /// True where this host is short of something: the file has nothing to do with it.
    var isShortage = false
    /// True once no further try is made to read it.
    var isGivenUp = false
    /// True once the operator was told that it stays.
    var isTold = false
  }

  private var claims: [JobName: Claim] = [:]

  /// The claims.
  var names: [JobName] { Array(claims.keys) }

  /// True while one of them is tried again.
  var isTryingAny: Bool { claims.values.contains { !$0.isGivenUp } }

  /// True while one cannot be read because this host is short of something. Whatever else the pilot
  /// claimed now it could not read either.
  var hasShortage: Bool { claims.values.contains { $0.isShortage } }

  /// Takes in that a claim could not be read. Returns true where it never will: the error lasts by
  /// its kind, or has lasted for `patience`.
  mutating func isHopeless(
    _ name: JobName, _ error: FileError, at now: Instant, after patience: Duration
  ) -> Bool {
    var claim = claims[name] ?? Claim(since: now)
    claim.isShortage = error.isShortage
    let patience = error.isShortage ? max(patience, error.longestWait) : patience
    claim.isGivenUp = error.isLasting || now - claim.since >= patience
    claims[name] = claim
    return claim.isGivenUp
  }

  /// Returns true the first time that the operator is to be told of a claim that stays.
  mutating func isUntold(_ name: JobName) -> Bool {
    guard let claim = claims[name], !claim.isTold else { return false }
    claims[name]?.isTold = true
    return true
  }

  /// Forgets a claim that was read, or handed in.
  mutating func forget(_ name: JobName) { claims[name] = nil }
}
