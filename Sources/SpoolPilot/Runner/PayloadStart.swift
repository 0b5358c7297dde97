/// The outcome of the start of a payload.
public struct PayloadStart: Sendable, Equatable {
  /// The payload's number, as ``Payload/id``.
  public var id: Int
  /// The reason why there is no process; nil: the payload runs.
  public var error: SpawnError?

  /// Makes the outcome of a start, as a runner reports it.
  public init(id: Int, error: SpawnError? = nil) {
    self.id = id
    self.error = error
  }
}
