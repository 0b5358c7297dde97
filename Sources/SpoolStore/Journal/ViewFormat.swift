public import SpoolModel

/// The form of the lines that the watcher gives to views. A replay of the journal must give each
/// line the length that it had when it was first written, because records count bytes of views. So
/// each segment of the journal says in its first line, as its format, which form its lines have.
public enum ViewFormat: Int, Sendable, Hashable {
  /// Lines without a checksum, as the first version wrote them.
  case plain = 1
  /// Lines that are sealed (``SealedJSON``).
  case sealed = 2
  /// Sealed lines; those of ledgers say where the inputs of jobs that are done lie.
  case placed = 3

  /// The format that the first line of a view names: the form of its seals.
  var ofHeader: Int { min(rawValue, Self.sealed.rawValue) }

  /// Returns an object as a line, with its end.
  public func encode(_ json: JSON) -> [UInt8] {
    switch self {
    case .plain: json.compact + [10]
    case .sealed, .placed: SealedJSON.encode(json) + [10]
    }
  }
}
