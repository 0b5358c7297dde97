public import SpoolModel
public import SpoolStore

/// What the journal says of datasets and of files that are on their way, for commands that look at the
/// files themselves. Changes nothing, and may be made beside a watcher.
public struct SpoolSnapshot {
  public struct Dataset: Sendable {
    public var name: Name
    public var isDeleted: Bool
    public var files: Int
    /// Bytes of the catalogue that count, and those whose files are removed, or are to be.
    public var length: Int
    public var removed: RangeSet<Int>
    /// Directories that are watched still.
    public var watches: [DirectoryWatch]
  }

  public private(set) var datasets: [Name: Dataset] = [:]
  /// Whether any task is in work.
  public private(set) var isWorking = false
  /// Paths of outputs that are about to get their final names, and parts that are to be swept.
  private var expected: Set<String>

  /// `known` gets the paths of catalogue lines that the journal holds, which may not be written yet.
  public init(_ spool: Spool, known: inout PathSet) throws {
    let recovered = try Replay(spool).run()
    let state = recovered.state
    expected = Set(state.litter.keys)
    for line in recovered.lines {
      guard case .catalogue = line.view else { continue }
      for text in line.bytes.split(separator: 10) {
        if let hash = PathSet.hash(ofPathIn: Array(text)) { known.insert(hash) }
      }
    }
    for task in state.liveTasks {
      isWorking = true
      for job in state.jobs(of: task.name).values {
        guard case .publishing(let result) = job.phase else { continue }
        expected.formUnion(result.outputs.flatMap { [$0.path, $0.partPath] })
      }
    }
    for dataset in state.datasets.values {
      datasets[dataset.name] = Dataset(
        name: dataset.name, isDeleted: dataset.isDeleted, files: dataset.files,
        length: dataset.length, removed: dataset.removal.left.union(dataset.removal.done),
        watches: dataset.watches.map(\.watch))
    }
  }

  /// Whether something at a path is on its way, and so belongs there.
  public func isExpected(_ path: String) -> Bool { expected.contains(path) }
}
