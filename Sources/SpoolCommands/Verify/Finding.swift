internal import SpoolModel

/// A difference between a dataset's catalogue and its files.
struct Finding: Sendable {
  /// The kinds of difference.
  enum Kind: String, Sendable {
    /// The file is not there.
    case missing
    /// The file has another size or checksum, or is no file.
    case changed
    /// The file cannot be read, for now.
    case unreadable
    /// The file lies beside the dataset's files, and is in no dataset.
    case dark
  }

  var kind: Kind
  var dataset: Name
  var path: String
  /// The difference in words.
  var what: String
  /// The catalogue's line; nil for a dark file.
  var line: CatalogueLine?

  /// The finding as cells of a table.
  var row: [String] { [kind.rawValue, dataset.text, path.printable(), what] }

  var json: JSON {
    [
      "finding": .string(kind.rawValue), "dataset": .string(dataset.text), "path": .string(path),
      "what": .string(what),
    ]
  }
}
