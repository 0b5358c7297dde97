internal import SpoolModel
internal import SpoolStore
internal import SpoolWatcher
internal import Synchronization

/// The lines of a catalogue whose files are compared, handed out to any number of threads.
final class CatalogueSource: Sendable {
  private struct State {
    var reader: LineReader
    var removed: RangeSet<Int>
    /// The offset of the last line of a path, for paths that have several lines: a job may overwrite
    /// the file of another.
    var last: [UInt64: Int]
    var failure: FileError?
  }

  private let state: Mutex<State>
  /// What has replaced files of the catalogue.
  let replaced: [ReplacedFiles]

  init(
    _ spool: Spool, _ dataset: SpoolSnapshot.Dataset, last: [UInt64: Int]
  ) throws(FileError) {
    replaced = [try ReplacedFiles(dataset.name, to: dataset.replaced, spool)]
    let catalogue = try spool.open(.catalogue(dataset.name))
    state = Mutex(
      State(
        reader: catalogue.lines(to: dataset.length), removed: dataset.removed, last: last))
  }

  /// Returns the next line; nil at the end, and after an error.
  func next() -> [UInt8]? {
    state.withLock { state in
      while true {
        do throws(FileError) {
          guard let line = try state.reader.next() else { return nil }
          guard !state.removed.contains(line.offset), Self.isLast(line, state.last) else {
            continue
          }
          return line.bytes
        } catch {
          state.failure = error
          return nil
        }
      }
    }
  }

  private static func isLast(_ line: LineReader.Line, _ last: [UInt64: Int]) -> Bool {
    guard !last.isEmpty, let hash = PathSet.hash(ofPathIn: line.bytes), let offset = last[hash]
    else { return true }
    return offset == line.offset
  }

  /// The error that ended the lines before their end.
  var failure: FileError? { state.withLock { $0.failure } }
}
