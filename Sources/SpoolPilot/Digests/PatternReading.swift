internal import SpoolModel
internal import SpoolStore

/// The copying of the files that a pattern takes, for a ``FileDigest``: into a directory, in which they
/// have their final names.
final class PatternReading: DigestStep {
  private let request: DigestRequest
  private let output: JobOutput
  private let steps: DigestSteps
  /// The files that are to be copied, by their paths in the source, and their final paths.
  private var waiting: ArraySlice<(source: String, final: String)> = []
  private var current: (final: String, step: any DigestStep)?
  private var taken: [TakenFile] = []
  private var unsynced: FileError?
  private var hasBegun = false

  /// The reason why what the pattern finds cannot be taken.
  private enum Problem: Error {
    case bad(String)
    case failed(FileError)
  }

  init(_ request: DigestRequest, _ output: JobOutput, _ steps: DigestSteps) {
    self.request = request
    self.output = output
    self.steps = steps
  }

  func step(_ buffer: UnsafeMutableRawBufferPointer) -> FileDigest.Answer? {
    do throws(Problem) {
      guard hasBegun else {
        try begin()
        hasBegun = true
        return waiting.isEmpty ? .taken([]) : nil
      }
      return try copyOn(buffer)
    } catch {
      switch error {
      case .bad(let why): return .bad(why)
      case .failed(let error): return .failed(error)
      }
    }
  }

  /// Finds the files, and makes the directory for the copies.
  private func begin() throws(Problem) {
    let paths = try find()
    guard output.allows(paths.count) else { throw .bad(countProblem(paths.count)) }
    var names: Set<String> = []
    for path in paths {
      let name = String(FilePath.base(path))
      guard names.insert(name).inserted else { throw .bad("takes two files of the name \(name)") }
      guard let final = output.finalPath(taking: name) else {
        throw .bad("takes \(path), whose name cannot be one in \(output.path)")
      }
      waiting.append((path, final))
    }
    guard !paths.isEmpty else { return }
    try asked { () throws(FileError) in
      // An earlier try may have left some.
      try steps.files.removeTree(request.path)
      try steps.files.createDirectory(request.path)
    }
  }

  private func countProblem(_ count: Int) -> String {
    let range = output.count ?? 1...1
    return count < range.lowerBound
      ? "takes \(count) files, and \(range.lowerBound) are the least (\"min\")"
      : "takes \(count) files, and \(range.upperBound) are the most (\"max\")"
  }

  /// Returns the paths that the pattern takes, in the order of their bytes.
  private func find() throws(Problem) -> [String] {
    var found = [""]
    var looks = 0
    let components = ScratchPath.components(output.from ?? "").map(String.init)
    for (number, component) in components.enumerated() {
      let kind: FileKind = number + 1 == components.count ? .file : .directory
      var next: [String] = []
      for directory in found { next += try match(component, in: directory, kind, &looks) }
      found = next
    }
    return found.map { String($0.dropFirst()) }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Returns the paths of entries of a directory that a component of the pattern names. As in a shell a
  /// hidden name needs its dot. Directories are no files, and are passed over; anything else that is
  /// none is refused, so that nothing is left out in silence.
  private func match(
    _ component: String, in directory: String, _ kind: FileKind, _ looks: inout Int
  ) throws(Problem) -> [String] {
    let pattern = FilePattern(component)
    let isHidden = component.utf8.first == UInt8(ascii: ".")
    var paths: [String] = []
    for name in try list(directory) {
      looks += 1
      guard looks <= Limits.treeEntries else {
        throw .bad("is looked for among more than \(Limits.treeEntries) names")
      }
      guard isHidden || name.utf8.first != UInt8(ascii: "."), pattern.matches(name) else {
        continue
      }
      let path = "\(directory)/\(name)"
      let found = try asked { () throws(FileError) in
        try steps.local.attributesIfPresent(place(path))
      }
      switch found?.kind {
      case kind?: paths.append(path)
      case .directory, nil: break
      case .file, .link, .other:
        if kind == .file { throw .bad("takes \(path.dropFirst()), which is no regular file") }
      }
    }
    return paths
  }

  /// Returns the names in a directory; none where it is not there.
  private func list(_ directory: String) throws(Problem) -> [String] {
    do throws(FileError) {
      let listing = try steps.local.list(place(directory), fresh: false)
      if listing.unreadable == 0 { return listing.names }
    } catch {
      guard error.isMissing else { throw .failed(error) }
      return []
    }
    throw .bad("is looked for among names of which one is not UTF-8")
  }

  private func place(_ path: String) -> String { (request.source ?? "") + path }

  private func copyOn(
    _ buffer: UnsafeMutableRawBufferPointer
  ) throws(Problem) -> FileDigest.Answer? {
    if let current {
      guard let answer = current.step.step(buffer) else { return nil }
      self.current = nil
      try take(answer, current.final)
      return nil
    }
    guard let next = waiting.popFirst() else { return try end() }
    let contents = DigestRequest(
      path: "\(request.path)/\(FilePath.base(next.final))", durable: request.durable,
      checksum: true, source: place("/" + next.source))
    current = (next.final, steps.begin(contents))
    return nil
  }

  private func take(_ answer: FileDigest.Answer, _ final: String) throws(Problem) {
    switch answer {
    case .read(let size, let sum), .unsynced(let size, let sum, _):
      taken.append(TakenFile(path: final, size: size, adler32: sum ?? ""))
      if case .unsynced(_, _, let error) = answer { unsynced = unsynced ?? error }
    case .failed(let error): throw .failed(error)
    case .missing, .notAFile, .bad, .tree, .taken:
      throw .bad("changes while it is read: \(FilePath.base(final))")
    }
  }

  /// Makes the names of the copies durable. Where something could not be synced all is copied again.
  private func end() throws(Problem) -> FileDigest.Answer {
    if let unsynced { throw .failed(unsynced) }
    try asked { () throws(FileError) in try steps.files.syncDirectory(request.path) }
    return .taken(taken)
  }

  private func asked<Answer>(_ ask: () throws(FileError) -> Answer) throws(Problem) -> Answer {
    do throws(FileError) {
      return try ask()
    } catch {
      throw .failed(error)
    }
  }
}
