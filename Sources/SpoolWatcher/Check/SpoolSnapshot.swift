public import SpoolModel
public import SpoolStore

/// A snapshot of what the journal says about datasets and about files on their way, for commands
/// that look at the files themselves. It changes nothing, and may be made beside a watcher.
public struct SpoolSnapshot {
  /// A dataset.
  public struct Dataset: Sendable {
    /// The dataset's name.
    public var name: Name
    /// True once its deletion is accepted.
    public var isDeleted: Bool
    /// The number of files in the catalogue.
    public var files: Int
    /// The number of bytes of the catalogue that count.
    public var length: Int
    /// The number of bytes of the list of its replaced files that count.
    public var replaced: Int
    /// The tasks that fill it.
    public var producers: Set<Name>
    /// The tasks that read it.
    public var readers: Set<Name>
    /// Ranges of the catalogue, in bytes, whose files are removed or are to be removed.
    public var removed: RangeSet<Int>
    /// The directories that the dataset watches, or watched until it closed.
    public var watches: [DirectoryWatch]
  }

  /// The datasets, by name.
  public private(set) var datasets: [Name: Dataset] = [:]
  /// True if any task is in work.
  public private(set) var isWorking = false
  /// Outputs that are about to get their final names, and parts that are to be swept, by path.
  private var expected: Set<String>

  /// Reads the journal. Adds to `known` the paths of catalogue lines that the journal holds,
  /// because the catalogue may lack them still. Throws if the journal cannot be read.
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
        expected.formUnion(result.outputs.flatMap { [$0.path, $0.partPath, $0.remains] })
        for output in job.former ?? [] {
          expected.insert(output.aside(attempt: job.attempt, pilot: result.pilot))
        }
      }
    }
    for dataset in state.datasets.values {
      datasets[dataset.name] = Dataset(
        name: dataset.name, isDeleted: dataset.isDeleted, files: dataset.files,
        length: dataset.length, replaced: dataset.replaced.length,
        producers: dataset.producers, readers: state.readers[dataset.name] ?? [],
        removed: dataset.removal.left.union(dataset.removal.done),
        watches: dataset.watches.map(\.watch))
    }
  }

  /// Returns true if the journal expects a file at a path: an output or a part on its way.
  public func isExpected(_ path: String) -> Bool { expected.contains(path) }
}
