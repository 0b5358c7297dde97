internal import SpoolModel

extension Spool {
  /// The outcome of an upgrade.
  public enum Upgrade {
    /// The spool has the current format already.
    case isCurrent
    /// The spool had this format, and has the current one now.
    case raised(from: Int)
    /// A later program has been at work since the spool was opened.
    case refused(OpenError)
    /// The number in `spool.json` is not spelled as one digit: a person must change it.
    case unclear
  }

  /// Returns the format that `spool.json` names now: 1 where it names none that can be read.
  public func format() throws(FileError) -> Int {
    SpoolFormat.named(in: try files.read(layout.config, limit: 1 << 20)) ?? 1
  }

  /// Gives the spool the current format, so that earlier programs leave it alone from now on.
  ///
  /// One byte of `spool.json` is written in place. So the file keeps its owner, whose orders count, its
  /// rights and all that people wrote in it, and nobody ever reads half of it.
  public func upgrade() throws(FileError) -> Upgrade {
    let bytes = try files.read(layout.config, limit: 1 << 20)
    if let error = try Self.tooNew(bytes, layout, files) { return .refused(error) }
    guard let former = SpoolFormat.named(in: bytes), former < SpoolFormat.current else {
      return .isCurrent
    }
    guard let (raised, offset) = SpoolFormat.raised(bytes) else { return .unclear }
    let file = try files.open(layout.config, .update)
    do throws(FileError) {
      try file.write([raised[offset]], at: offset)
      try file.sync()
    } catch {
      try? file.close()
      throw error
    }
    try file.close()
    return .raised(from: former)
  }

  /// Returns the error for a `spool.json` of a later format than this program knows, with the version
  /// of the watcher that worked on the spool last; nil for any other.
  static func tooNew(
    _ config: [UInt8], _ layout: Layout, _ files: any FileSystem
  ) throws(FileError) -> OpenError? {
    guard let format = SpoolFormat.named(in: config), format > SpoolFormat.current else {
      return nil
    }
    // A later version may seal it in another way: only the version is read.
    let watcher = try files.readIfPresent(layout.watcher, limit: 64 << 10)
    let version = watcher.flatMap { try? JSON.parse($0) }?["version"]?.string
    return .tooNew(root: layout.root, format: format, version: version)
  }
}
