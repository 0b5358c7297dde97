public import SpoolStore

/// The work on one request, done piece by piece.
public protocol DigestStep: AnyObject {
  /// Does a piece; blocks for as long as that takes. Returns nil where there is more to do. The buffer
  /// is for bytes of files.
  func step(_ buffer: UnsafeMutableRawBufferPointer) -> FileDigest.Answer?
  /// Gives up: what it has made is removed, where nobody else does that.
  func abandon()
}

extension DigestStep {
  public func abandon() {}
}

/// The maker of the work on requests: what is done with names is the same everywhere, and `contents`
/// reads or copies one file.
public struct DigestSteps: Sendable {
  /// The filesystem of the paths of requests.
  let files: any FileSystem
  /// That of their sources.
  let local: any FileSystem
  private let contents: @Sendable (DigestRequest) -> any DigestStep

  /// Makes a maker.
  public init(
    files: any FileSystem, local: any FileSystem,
    contents: @escaping @Sendable (DigestRequest) -> any DigestStep
  ) {
    self.files = files
    self.local = local
    self.contents = contents
  }

  /// The work on this host's files.
  static let real = {
    let files = PosixFileSystem()
    return DigestSteps(files: files, local: files) { FileReading($0) }
  }()

  /// Begins the work on a request.
  public func begin(_ request: DigestRequest) -> any DigestStep {
    switch request.kind {
    case .file: contents(request)
    case .tree: TreeReading(request, self)
    case .pattern(let output): PatternReading(request, output, self)
    }
  }
}
