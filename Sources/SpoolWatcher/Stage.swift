internal import SpoolModel

/// A stage of the watcher's turn that wants to be called again without anything being told.
protocol Stage {
  /// When the stage wants its next turn; nil where only an event can give it work,
  /// `.distantPast` where it has more to do at once.
  var nextDue: Instant? { get }
}
