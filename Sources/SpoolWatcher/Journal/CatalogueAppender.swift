internal import SpoolModel
internal import SpoolStore

/// Appends the lines of manifests and of watched directories to catalogues. In come lines; out goes
/// a catalogue that holds them durably, before the journal counts them (DESIGN 4).
final class CatalogueAppender {
  private let commit: GroupCommit
  private let views: ViewWriter
  private let placement: Placement

  init(_ commit: GroupCommit, _ views: ViewWriter, placement: Placement) {
    self.commit = commit
    self.views = views
    self.placement = placement
  }

  /// Appends lines to a catalogue, and makes them durable. Returns the catalogue's new length. The
  /// caller records that, and then calls ``noteRecorded(_:length:)``.
  func append(_ lines: [UInt8], to dataset: Name) throws -> Int {
    let length = commit.state.datasets[dataset]?.length ?? 0
    let bytes = (length == 0 ? Spool.viewHeader(.catalogue(dataset), .sealed) : []) + lines
    if placement.readable(dataset) < length { try commit.commit() }
    try views.append(bytes, toCatalogueOf: dataset, at: length)
    return length + bytes.count
  }

  /// Notes that appended lines are recorded: the catalogue counts up to this length.
  func noteRecorded(_ dataset: Name, length: Int) {
    views.noteAppended(to: dataset, length: length)
  }
}
