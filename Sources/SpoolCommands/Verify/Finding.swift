internal import SpoolModel

/// Something about a dataset's files that is not as its catalogue says.
struct Finding: Sendable {
  enum Kind: String, Sendable {
    /// Not there.
    case missing
    /// Of another size or checksum, or no file.
    case changed
    /// It could not be looked at.
    case unreadable
    /// On disk beside the dataset's files, and in no dataset.
    case dark
  }

  var kind: Kind
  var dataset: Name
  var path: String
  /// In words.
  var what: String
  /// The catalogue's line; nil for a dark file.
  var line: JSON?

  var row: [String] { [kind.rawValue, dataset.text, path.printable(), what] }

  var json: JSON {
    [
      "finding": .string(kind.rawValue), "dataset": .string(dataset.text), "path": .string(path),
      "what": .string(what),
    ]
  }
}
