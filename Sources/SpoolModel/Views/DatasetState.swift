/// The state of a dataset.
public enum DatasetState: String, Sendable, Hashable, CaseIterable {
  /// More files may join.
  case open
  /// No more files join, and none is lacking.
  case closed
  /// Closed, but lacking files that were to come.
  case incomplete
  /// The watcher removes the files; no file joins, and no task may read it.
  case deleting
  /// All files that were to go are removed; the catalogue stays, as history.
  case deleted
}
