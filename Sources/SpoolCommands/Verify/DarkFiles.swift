internal import SpoolModel
internal import SpoolStore
internal import SpoolWatcher

/// The dark files of a spool: those that lie beside the files of a dataset, and are in no dataset.
struct DarkFiles {
  let spool: Spool
  /// The paths of all datasets.
  var known: PathSet

  /// The directory into which a repair moves dark files.
  static let aside = ".spool.dark"

  /// Returns the dark files in these directories. A file that a watcher or a pilot is at work on is not
  /// dark; the state of the spool is read after the directories, because files move meanwhile.
  mutating func find(_ directories: [String], of dataset: Name) throws -> [Finding] {
    var candidates: [String] = []
    for directory in directories {
      do throws(FileError) {
        _ = try spool.visit(data: directory) { name in
          guard Self.mayBeDark(name) else { return }
          let path = directory == "/" ? "/\(name)" : "\(directory)/\(name)"
          if !known.contains(PathSet.hash(path)) { candidates.append(path) }
        }
      } catch {
        guard error.isMissing else { throw error }
      }
    }
    guard !candidates.isEmpty else { return [] }
    return try sift(candidates).map {
      Finding(kind: .dark, dataset: dataset, path: $0, what: "is in no dataset", line: nil)
    }
  }

  /// True for all names but hidden ones; hidden parts of outputs count, because only pilots make them.
  private static func mayBeDark(_ name: String) -> Bool {
    !name.hasPrefix(".") || isPart(name)
  }

  private static func isPart(_ name: some StringProtocol) -> Bool {
    name.hasPrefix(".spool.a") || name.hasPrefix(".spool.old.a")
  }

  private mutating func sift(_ candidates: [String]) throws -> [String] {
    let snapshot = try SpoolSnapshot(spool, known: &known)
    try learn(snapshot)
    let pilots = try spool.running(fresh: true).pilots
    let watches = snapshot.datasets.values.flatMap(\.watches)
    return try candidates.filter { path in
      let name = FilePath.base(path)
      let directory = FilePath.directory(path)
      if known.contains(PathSet.hash(path)) || snapshot.isExpected(path) { return false }
      // A task in work may have parts of a pilot that is gone, until the watcher has seen to that.
      if Self.isPart(name),
        snapshot.isWorking || pilots.contains(where: { name.contains("@\($0).") })
      {
        return false
      }
      let isAwaited = watches.contains {
        $0.directory == directory && (name == $0.closeOn ?? "" || $0.covers(String(name)))
      }
      switch try spool.attributes(ofData: path)?.kind {
      case .file: return !isAwaited
      // Only a pilot makes a hidden directory of that name.
      case .directory: return Self.isPart(name)
      case .link, .other, nil: return false
      }
    }
  }

  /// Reads all catalogues again: lines may have come meanwhile.
  private mutating func learn(_ snapshot: SpoolSnapshot) throws {
    for name in snapshot.datasets.keys { try Self.add(name, of: spool, to: &known) }
  }

  /// Adds the paths of a dataset's catalogue.
  static func add(_ name: Name, of spool: Spool, to known: inout PathSet) throws(FileError) {
    guard let catalogue = try spool.openIfPresent(.catalogue(name)) else { return }
    defer { catalogue.close() }
    try known.add(catalogue)
  }
}
