internal import Synchronization

/// The snapshot that all viewers share.
final class SnapshotStore: Sendable {
  private let snapshot = Mutex(Snapshot())

  /// The snapshot as it is now.
  var current: Snapshot { snapshot.withLock { $0 } }

  /// Puts another snapshot in its place.
  func set(_ new: Snapshot) { snapshot.withLock { $0 = new } }
}
