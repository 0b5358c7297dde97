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

  /// Checks that a part is there with its size, and that its final name is free, or has the output of
  /// an earlier attempt of the job.
  public func check(
    _ output: StagedOutput, overwrites: Bool, former: FormerOutput?
  ) throws(FileError) -> PartCheck {
    guard let part = try files.attributesIfPresent(output.partPath) else {
      return .bad("the part \(output.partPath) is gone")
    }
    if output.files != nil {
      // What is in it the pilot has counted: a walk would take too long here.
      guard part.kind == .directory else {
        return .bad("the part \(output.partPath) is no directory")
      }
    } else {
      guard part.kind == .file, part.size == output.size else {
        return .bad("the part \(output.partPath) has \(part.size) bytes, not \(output.size)")
      }
    }
    let found = try files.attributesIfPresent(output.path)
    let isFree = Self.isFree(found?.kind, overwrites: overwrites, isDirectory: output.files != nil)
    return isFree || Self.isThat(former, found) ? .good : .exists(output.path)
  }

  /// Returns true if what stands at a path may be the output of an earlier attempt: a file of its size.
  private static func isThat(_ former: FormerOutput?, _ found: FileAttributes?) -> Bool {
    guard let former, let found else { return false }
    if former.files != nil { return found.kind == .directory }
    return found.kind == .file && found.size == former.size
  }

  /// The end of a move of an output of an earlier attempt.
  public enum SetAside: Equatable, Sendable {
    /// It is aside, or was not there.
    case done
    /// Something else stands at the path. It was left alone.
    case other
  }

  /// Moves the output of an earlier attempt to the hidden path `aside`, so that its name is free. Nobody
  /// else's file is moved. Done again after a crash, it finds its own work done: `output`, which is to
  /// have the name, may have it already.
  public func setAside(
    _ former: FormerOutput, to aside: String, for output: StagedOutput?
  ) throws(FileError) -> SetAside {
    if try files.attributesIfPresent(aside) != nil { return .done }
    guard let found = try files.attributesIfPresent(former.path) else { return .done }
    if let output, try files.attributesIfPresent(output.partPath) == nil { return .done }
    guard Self.isThat(former, found) else { return .other }
    do throws(FileError) {
      try files.renameIfFree(former.path, to: aside)
    } catch {
      guard try files.attributesIfPresent(aside) != nil else { throw error }
    }
    // Somebody may have put another file there since the look.
    if Self.isThat(former, try files.attributesIfPresent(aside)) { return .done }
    try files.renameIfFree(aside, to: former.path)
    return .other
  }

  /// Gives the output of an earlier attempt its name back, if it is aside.
  public func putBack(_ former: FormerOutput, from aside: String) throws(FileError) {
    guard try files.attributesIfPresent(aside) != nil else { return }
    try files.renameIfFree(aside, to: former.path)
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
      if output.files != nil {
        try publishDirectory(output, overwrites: overwrites)
      } else if overwrites {
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
      guard let final, Self.isPublished(output, final) else {
        return .lost("neither the part \(output.partPath) nor its final file is there")
      }
      return .done
    }
  }

  /// Returns true if what stands at a final path may be the output, whose part is gone.
  private static func isPublished(_ output: StagedOutput, _ final: FileAttributes) -> Bool {
    output.files != nil ? final.kind == .directory : final.size == output.size
  }

  /// Renames a directory as a whole. No rename replaces a directory that has entries: one that is to
  /// be replaced is moved aside first. So the final name may have nothing for a moment, and never half.
  private func publishDirectory(
    _ output: StagedOutput, overwrites: Bool
  ) throws(FileError) {
    if overwrites, try files.attributesIfPresent(output.partPath) != nil,
      try files.attributesIfPresent(output.path)?.kind == .directory
    {
      try files.renameIfFree(output.path, to: output.replacedPath)
    }
    try files.renameIfFree(output.partPath, to: output.path)
  }

  /// Returns the path of what a published directory has replaced, if it is there: it is to be removed.
  public func replaced(by output: StagedOutput) throws(FileError) -> String? {
    try files.attributesIfPresent(output.replacedPath) == nil ? nil : output.replacedPath
  }

  /// Gives back the final name to a directory that was moved aside for one that is not published.
  public func restoreReplaced(by output: StagedOutput) throws(FileError) {
    guard try replaced(by: output) != nil else { return }
    try files.renameIfFree(output.replacedPath, to: output.path)
  }

  /// Removes a part that will not be published, whatever the payload made there: a file, a link, a
  /// directory. A part that is gone is fine. Returns false if it has more entries than one call removes.
  /// A relative path is taken from the spool: a checkpoint's.
  @discardableResult
  public func discardPart(_ path: String) throws(FileError) -> Bool {
    try files.removeSome(of: absolute(part: path), atMost: Self.mostInPart)
  }

  /// Returns true where something stands at the path of a part, as ``discardPart(_:)`` takes it.
  public func isThere(part path: String) throws(FileError) -> Bool {
    try files.attributesIfPresent(absolute(part: path)) != nil
  }

  private func absolute(part path: String) -> String {
    path.utf8.first == UInt8(ascii: "/") ? path : "\(layout.root)/\(path)"
  }

  /// Removes a directory whose files all have their final names. What is left in it belongs to nobody.
  public func dropEmptied(_ directory: String) throws(FileError) {
    do throws(FileError) {
      try files.removeDirectory(directory)
    } catch {
      if error.isOccupied { try discardPart(directory) } else if !error.isMissing { throw error }
    }
  }

  /// The largest number of entries that one call removes.
  static let mostInPart = 1000

  /// Returns a path at which something stands that an output must not replace, or nil.
  public func obstacle(to output: JobOutput) throws(FileError) -> String? {
    let kind = try files.attributesIfPresent(output.path)?.kind
    let isFree = Self.isFree(
      kind, overwrites: output.overwrites, isDirectory: output.isDirectory)
    return isFree ? nil : output.path
  }

  /// Returns the reason of the cause ``Cause/exists``, with the way out.
  public static func words(existing path: String, overwrites: Bool) -> String {
    "output exists: \(path) was not made by this task; move it away"
      + (overwrites
        ? ": it is of another kind, file or directory, than the output, which does not replace it"
        : ", or let the task say \"overwrite\": true")
  }

  /// A file replaces a file or a link, as the payload could have done itself; a directory replaces a
  /// directory.
  private static func isFree(
    _ kind: FileKind?, overwrites: Bool, isDirectory: Bool
  ) -> Bool {
    switch kind {
    case nil: true
    case .file, .link: overwrites && !isDirectory
    case .directory: overwrites && isDirectory
    case .other: false
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
