internal import SpoolModel
public import SpoolStore

/// The look whether a watcher has answered a request, by the name under which it was dropped. That
/// name is no other request's.
public final class RequestAnswer {
  private let spool: Spool
  private let name: String
  /// False where this user may not see what is taken, as a member of the spool's group may not. Then
  /// only the effect of a request tells that it was accepted.
  public private(set) var isVisible = true

  /// Makes the look for a request that was dropped under this name.
  public init(_ spool: Spool, _ name: String) {
    self.spool = spool
    self.name = name
  }

  /// Returns true if the request lies no more in `incoming/`, nor, as far as can be seen, among those
  /// taken. It moves from the one to the other and from there away, so they are looked at in this
  /// order.
  public func isTaken() throws(FileError) -> Bool {
    if spool.isDropped(name) { return false }
    do throws(FileError) {
      return try !spool.takenRequests().contains { $0.name == name }
    } catch {
      guard error.isForbidden else { throw error }
      isVisible = false
      return true
    }
  }
}
