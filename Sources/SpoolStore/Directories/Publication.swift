public import SpoolModel

/// Publication: the way of an output from its part to its final name (R3), the watcher's alone.
extension Spool {
  /// The finding about an output, before its result is accepted.
  public enum PartCheck: Equatable, Sendable {
    /// The part is there with its size, and the final name is free.
    case good
    /// The part is not there, or not of its size, in words.
    case bad(String)
    /// Something stands at this final path.
    case exists(String)
  }

  /// Checks that a part is there with its size, and that its final name is free.
  public func check(_ output: StagedOutput, overwrites: Bool) throws(FileError) -> PartCheck {
    guard let part = try files.attributesIfPresent(output.partPath) else {
      return .bad("the part \(output.partPath) is gone")
    }
    guard part.kind == .file, part.size == output.size else {
      return .bad("the part \(output.partPath) has \(part.size) bytes, not \(output.size)")
    }
    let kind = try files.attributesIfPresent(output.path)?.kind
    return Self.isFree(kind, overwrites: overwrites) ? .good : .exists(output.path)
  }

  /// The end of a publication.
  public enum Published: Equatable, Sendable {
    /// The output has its final name.
    case done
    /// Something else stands at this final path.
    case exists(String)
    /// Neither the part nor the output is there, in words.
    case lost(String)
  }

  /// Gives a part its final name. Done again after a crash, it finds its own work done.
  public func publish(_ output: StagedOutput, overwrites: Bool) throws(FileError) -> Published {
    do throws(FileError) {
      if overwrites {
        try files.rename(output.partPath, to: output.path)
      } else {
        try files.moveExclusively(output.partPath, to: output.path)
      }
      return .done
    } catch {
      let isPartThere = files.isPresent(output.partPath)
      let final = try files.attributesIfPresent(output.path)
      if isPartThere, error.isOccupied { return .exists(output.path) }
      if isPartThere { throw error }
      guard let final, final.size == output.size else {
        return .lost("neither the part \(output.partPath) nor its final file is there")
      }
      return .done
    }
  }

  /// Removes a part that will not be published, whatever the payload made there: a file, a link, a
  /// directory. A part that is gone is fine. A large directory takes several calls: `EBUSY` till then.
  /// A relative path is taken from the spool: a checkpoint's.
  public func discardPart(_ path: String) throws(FileError) {
    try files.removeTree(absolute(part: path), atMost: Self.mostInPart)
  }

  /// Returns true where something stands at the path of a part, as ``discardPart(_:)`` takes it.
  public func isThere(part path: String) throws(FileError) -> Bool {
    try files.attributesIfPresent(absolute(part: path)) != nil
  }

  private func absolute(part path: String) -> String {
    path.utf8.first == UInt8(ascii: "/") ? path : "\(layout.root)/\(path)"
  }

  /// The largest number of entries that one call removes.
  private static let mostInPart = 10_000

  /// Returns a path at which something stands that an output must not replace, or nil.
  public func obstacle(to output: JobOutput) throws(FileError) -> String? {
    let kind = try files.attributesIfPresent(output.path)?.kind
    return Self.isFree(kind, overwrites: output.overwrites) ? nil : output.path
  }

  /// Returns the reason of the cause ``Cause/exists``, with the way out.
  public static func words(existing path: String) -> String {
    "output exists: \(path) was not made by this task; move it away, or let the task say "
      + "\"overwrite\": true"
  }

  /// The payload could have replaced a file or a link itself, and nothing else.
  private static func isFree(_ kind: FileKind?, overwrites: Bool) -> Bool {
    switch kind {
    case nil: true
    case .file, .link: overwrites
    case .directory, .other: false
    }
  }

  /// Makes a published output a part again, where other outputs of its job could not be published.
  /// It never has both names, so that a crash leaves no final name behind.
  public func unpublish(_ output: StagedOutput) throws(FileError) {
    try files.renameIfFree(output.path, to: output.partPath)
  }

  /// Removes the final name of an output that is still a part, too: where the filesystem links and
  /// would not remove, an output that is refused has both.
  public func dropSecondName(of output: StagedOutput) throws(FileError) {
    if files.isOneFile(output.partPath, output.path) { try files.removeIfPresent(output.path) }
  }
}
