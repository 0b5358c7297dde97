internal import SpoolModel
internal import SpoolStore

/// The reading of a directory to its end, for a ``FileDigest``: all files are read, and synced if asked
/// for, and then the directories. One that has a source is made first, entry by entry.
final class TreeReading: DigestStep {
  private let request: DigestRequest
  private let steps: DigestSteps
  private var walk: TreeWalk
  private var entries: ArraySlice<TreeWalk.Entry> = []
  private var manifest = TreeManifest()
  /// The file that is being read, by its path in the directory.
  private var current: (path: String, step: any DigestStep)?
  /// The first file that could not be synced.
  private var unsynced: FileError?
  private var stage = Stage.walking

  private enum Stage {
    /// What is there is looked for.
    case walking
    /// The entries are made, and read.
    case reading
    /// The directories are synced, the deepest first.
    case syncing
  }

  init(_ request: DigestRequest, _ steps: DigestSteps) {
    self.request = request
    self.steps = steps
    let files = request.source == nil ? steps.files : steps.local
    walk = TreeWalk(request.source ?? request.path, files)
  }

  func step(_ buffer: UnsafeMutableRawBufferPointer) -> FileDigest.Answer? {
    do throws(TreeWalk.Problem) {
      switch stage {
      case .walking: return try walkOn()
      case .reading: return try readOn(buffer)
      case .syncing: return try syncOn()
      }
    } catch {
      switch error {
      case .missing: return .missing
      case .bad(let why): return .bad(why)
      case .failed(let error): return .failed(error)
      }
    }
  }

  /// Goes on with the look. Nothing is read of a directory whose size alone is asked for.
  private func walkOn() throws(TreeWalk.Problem) -> FileDigest.Answer? {
    guard try walk.step() else { return nil }
    if walk.entries.isEmpty, request.durable { return try dropEmpty() }
    guard request.durable || request.checksum else {
      return .tree(size: walk.sizes.size, adler32: nil, files: walk.sizes.files)
    }
    if request.source != nil { try begin() }
    entries = walk.entries[...]
    stage = .reading
    return nil
  }

  /// Removes an output's directory that is empty: it counts as not written. One that is not, whatever
  /// was listed, is refused by the filesystem.
  private func dropEmpty() throws(TreeWalk.Problem) -> FileDigest.Answer {
    guard request.source == nil else { return .missing }
    try asked { () throws(FileError) in try steps.files.removeDirectory(request.path) }
    return .missing
  }

  /// Makes the directory anew: an earlier try may have left some of it.
  private func begin() throws(TreeWalk.Problem) {
    try asked { () throws(FileError) in
      try steps.files.removeTree(request.path)
      try steps.files.createDirectory(request.path)
    }
  }

  private func readOn(
    _ buffer: UnsafeMutableRawBufferPointer
  ) throws(TreeWalk.Problem) -> FileDigest.Answer? {
    if let current {
      guard let answer = current.step.step(buffer) else { return nil }
      self.current = nil
      try take(answer, of: current.path)
      return nil
    }
    guard let entry = entries.popFirst() else { return atEnd() }
    switch entry.kind {
    case .file: current = (entry.path, steps.begin(contents(of: entry.path)))
    case .directory:
      if request.source != nil {
        try asked { () throws(FileError) in try steps.files.createDirectory(place(entry.path)) }
      }
    case .link(let target):
      if request.source != nil {
        try asked { () throws(FileError) in
          try steps.files.createSymbolicLink(place(entry.path), to: target)
        }
      }
      manifest.add(link: entry.path, to: target)
    }
    return nil
  }

  private func contents(of path: String) -> DigestRequest {
    DigestRequest(
      path: place(path), durable: request.durable, checksum: request.checksum,
      fromDisk: request.fromDisk, source: request.source.map { "\($0)/\(path)" })
  }

  private func place(_ path: String) -> String { "\(request.path)/\(path)" }

  private func take(_ answer: FileDigest.Answer, of path: String) throws(TreeWalk.Problem) {
    switch answer {
    case .read(let size, let sum): manifest.add(file: path, size: size, adler32: sum)
    case .unsynced(let size, let sum, let error):
      manifest.add(file: path, size: size, adler32: sum)
      unsynced = unsynced ?? error
    case .failed(let error): throw .failed(error)
    case .missing, .notAFile, .bad, .tree, .taken: throw .bad("changes while it is read: \(path)")
    }
  }

  /// Returns the answer at the end of the files, where no directory is to be synced.
  private func atEnd() -> FileDigest.Answer? {
    guard request.durable, unsynced == nil else { return answer(unsynced) }
    entries = walk.entries.filter { $0.kind == .directory }[...]
    stage = .syncing
    return nil
  }

  private func syncOn() throws(TreeWalk.Problem) -> FileDigest.Answer? {
    let next = entries.popLast()
    let path = next.map { place($0.path) } ?? request.path
    do throws(FileError) {
      try steps.files.syncDirectory(path)
    } catch {
      return answer(error)
    }
    return next == nil ? answer(nil) : nil
  }

  private func answer(_ unsynced: FileError?) -> FileDigest.Answer {
    let sum = request.checksum ? manifest.adler32 : nil
    if let unsynced { return .unsynced(size: manifest.size, adler32: sum, unsynced) }
    return .tree(size: manifest.size, adler32: sum, files: manifest.files)
  }

  private func asked(_ ask: () throws(FileError) -> Void) throws(TreeWalk.Problem) {
    do throws(FileError) {
      try ask()
    } catch {
      throw .failed(error)
    }
  }
}
