internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// The step of a spool from an earlier format to the current one, as a watcher that begins takes it,
/// and `spool upgrade`. It comes before anything is written in the new format, so that an earlier
/// program refuses the spool rather than takes it for damaged.
struct SpoolUpgrade {
  let spool: Spool

  init(_ spool: Spool) { self.spool = spool }

  /// Gives the spool the current format, and says so. A `spool.json` that cannot be written is only
  /// told: the spool works as well. Fails if a later program has been at work meanwhile. Returns true if
  /// the spool has the current format.
  @discardableResult
  func run(_ lease: WatcherLease, say: (String) -> Void) throws -> Bool {
    let outcome: Spool.Upgrade
    do throws(FileError) {
      outcome = try lease.guarding(spool).upgrade()
    } catch {
      guard !error.isOutage, lease.lost == nil else { throw error }
      say(
        "the spool keeps its earlier format: \(error); let the owner of spool.json call `spool upgrade`"
      )
      return false
    }
    switch outcome {
    case .isCurrent: return true
    case .raised(let former):
      say(
        "the spool had format \(former), and has format \(SpoolFormat.current) now; \(Self.effect)")
      return true
    case .unclear:
      say("\(spool.layout.config): write \"format\": \(SpoolFormat.current); \(Self.effect)")
      return false
    case .refused(let error): throw Failure(.unavailable, error.description)
    }
  }

  /// The effect of the current format.
  static let effect =
    "programs before \(SpoolFormat.version) refuse a spool with format \(SpoolFormat.current)"
}
