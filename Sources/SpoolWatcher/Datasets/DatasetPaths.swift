internal import SpoolModel
internal import SpoolStore

/// The paths in a dataset that is being filled, by hash, so that no path joins it twice.
final class PathIndex {
  private var paths = PathSet()

  /// Reads the paths from the part of a catalogue that may be read.
  init(_ dataset: DatasetEntry?, readable: Int, _ spool: Spool) throws(FileError) {
    guard let dataset, readable > 0 else { return }
    let catalogue = try spool.open(.catalogue(dataset.name))
    defer { catalogue.close() }
    paths.reserve(dataset.files)
    try paths.add(catalogue, to: readable)
  }

  /// Returns true if the dataset has a path.
  func contains(_ hash: UInt64) -> Bool { paths.contains(hash) }
  /// Notes that a path joined the dataset.
  func insert(_ hash: UInt64) { paths.insert(hash) }
}

/// The paths of all datasets that are being filled. Manifests and watches of a dataset share one
/// index.
final class DatasetPaths {
  private let spool: Spool
  private var indices: [Name: PathIndex] = [:]

  init(_ spool: Spool) {
    self.spool = spool
  }

  /// Returns the index of a dataset, which it reads from the catalogue if need be.
  func index(_ name: Name, _ turn: Turn) throws(FileError) -> PathIndex {
    if let known = indices[name] { return known }
    let index = try PathIndex(
      turn.state.datasets[name], readable: turn.placement.readable(name), spool)
    indices[name] = index
    return index
  }

  /// Drops the index of a dataset that takes no more files, or whose index may be wrong. It is
  /// read again when it is needed.
  func drop(_ dataset: Name) { indices[dataset] = nil }
}
