internal import SpoolModel

/// A stage of the watcher's turn that may want another turn without any event.
protocol Stage {
  /// Returns the time at which the stage wants its next turn: nil if only an event can give it work,
  /// `.distantPast` if it has more to do at once.
  func nextDue(_ turn: Turn) -> Instant?
}
