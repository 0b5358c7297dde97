internal import SpoolModel
internal import SpoolStore

/// The paths of a dataset that is being filled, so that none joins it twice.
final class PathIndex {
  private var paths = PathSet()

  /// Reads the part of a catalogue that counts.
  init(_ dataset: DatasetEntry?, readable: Int, _ spool: Spool) throws(FileError) {
    guard let dataset, readable > 0 else { return }
    let file = try spool.files.open(spool.layout.catalogue(dataset.name), .read)
    defer { try? file.close() }
    paths.reserve(dataset.files)
    try paths.add(file, from: 0, to: readable, longest: Limits.catalogueLine)
  }

  func contains(_ hash: UInt64) -> Bool { paths.contains(hash) }
  func insert(_ hash: UInt64) { paths.insert(hash) }
}

/// The paths of all datasets that are being filled: of a dataset, manifests and watches have the same.
final class DatasetPaths {
  private let spool: Spool
  private let turn: Turn
  private var indices: [Name: PathIndex] = [:]

  init(_ spool: Spool, _ turn: Turn) {
    self.spool = spool
    self.turn = turn
  }

  func index(_ name: Name) throws(FileError) -> PathIndex {
    if let known = indices[name] { return known }
    let index = try PathIndex(
      turn.state.datasets[name], readable: turn.placement.readable(name), spool)
    indices[name] = index
    return index
  }

  /// Nothing more comes, or what is known may be wrong: it is read again when it is needed.
  func forget(_ dataset: Name) { indices[dataset] = nil }
}
