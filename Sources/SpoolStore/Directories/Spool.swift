public import SpoolModel

/// A spool on a filesystem: its paths, its policy, and a verb for everything that is done in its
/// directories. No other module reaches the filesystem of a spool. The rooms are in the extensions,
/// a file each.
public struct Spool: Sendable {
  /// The filesystem that the spool lies on.
  let files: any FileSystem
  /// The paths.
  public let layout: Layout
  /// The site's policy, as `spool.json` had it when the spool was opened.
  public let config: SpoolConfig
  /// The directory that relative paths of dropped requests are taken from, absolute.
  public let dataRoot: String
  /// The directories in which outputs may lie.
  public let dataRoots: DataRoots

  /// The reason for which a spool cannot be opened.
  public enum OpenError: Error, CustomStringConvertible {
    /// No spool is at this path.
    case noSpool(String)
    /// The file `spool.json` is wrong.
    case badConfig(path: String, RequestError)
    /// The spool has a later format than this program knows.
    case tooNew(root: String, format: Int, version: String?)
    /// The file `spool.json` cannot be read.
    case unreadable(FileError)

    /// The reason in words, with what to do.
    public var description: String {
      switch self {
      case .noSpool(let root):
        "there is no spool at \(root) (no spool.json): make one with `spool init \(root)`, "
          + "or name another with --spool DIR or SPOOL_DIR"
      case .badConfig(let path, let error): "\(path): \(error)"
      case .tooNew(let root, let format, let version):
        "the spool \(root) has format \(format), and this program knows formats up to "
          + "\(SpoolFormat.current): use spool \(version.map { "\($0) or later" } ?? "of a later version")"
          + "; nothing was changed"
      case .unreadable(let error): "\(error)"
      }
    }
  }

  /// Makes a spool of its parts. Nothing on the disk is touched.
  public init(files: any FileSystem, layout: Layout, config: SpoolConfig) {
    self.files = files
    self.layout = layout
    self.config = config
    let parent = FilePath.directory(layout.root)
    dataRoots = DataRoots(config.dataRoots, in: parent)
    if config.dataRoot == "." {
      dataRoot = parent
    } else {
      dataRoot = config.dataRoot.hasPrefix("/") ? config.dataRoot : parent + "/" + config.dataRoot
    }
  }

  /// Opens the spool at an absolute path.
  public static func open(_ root: String, files: any FileSystem) throws(OpenError) -> Spool {
    let layout = Layout(root: root)
    let bytes: [UInt8]?
    let tooNew: OpenError?
    do throws(FileError) {
      bytes = try files.readIfPresent(layout.config, limit: 1 << 20)
      tooNew = try bytes.flatMap { bytes throws(FileError) in try Self.tooNew(bytes, layout, files)
      }
    } catch {
      throw .unreadable(error)
    }
    guard let bytes else { throw .noSpool(root) }
    if let tooNew { throw tooNew }
    do throws(RequestError) {
      return Spool(files: files, layout: layout, config: try SpoolConfig(bytes))
    } catch {
      throw .badConfig(path: layout.config, error)
    }
  }

  /// Makes the directories that are missing, since somebody may have removed one. Returns their
  /// paths relative to the spool.
  @discardableResult public func ensureDirectories() throws(FileError) -> [String] {
    var made: [String] = []
    for directory in layout.directories {
      if try files.ensureDirectory(directory) { made.append(relative(directory)) }
    }
    return made
  }

  /// Makes the missing parts of a spool at an absolute path, and touches nothing that is there.
  public static func create(
    _ root: String, files: any FileSystem, config: SpoolConfig = SpoolConfig()
  ) throws(FileError) {
    let layout = Layout(root: root)
    try files.ensureDirectories(root)
    for directory in layout.directories { try files.ensureDirectory(directory) }
    if !files.isPresent(layout.readme) {
      try files.replace(layout.readme, Array(SpoolReadme.text.utf8))
    }
    if !files.isPresent(layout.config) {
      try files.replace(layout.config, config.json.pretty, durable: true)
    }
  }

  /// True where `spool.json` certainly is there.
  public var isThere: Bool { files.isPresent(layout.config) }

  /// True while the filesystem answers with an error where `spool.json` is, or was.
  public var isUnreachable: Bool {
    do throws(FileError) {
      _ = try files.attributesIfPresent(layout.config)
      return false
    } catch {
      return true
    }
  }

  /// Returns the owner of `spool.json`, a numeric user id, whose orders the watcher obeys.
  public func keeper() throws(FileError) -> UInt32 {
    try files.attributes(of: layout.config).owner
  }
}
