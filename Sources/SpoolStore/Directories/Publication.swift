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
    switch try files.attributesIfPresent(output.path)?.kind {
    case nil: return .good
    // The payload could have replaced a file or a link itself, and nothing else.
    case .file, .link: return overwrites ? .good : .exists(output.path)
    case .directory, .other: return .exists(output.path)
    }
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

  /// Removes a part that will not be published. A part that is gone is fine.
  public func discardPart(_ path: String) throws(FileError) { try files.removeIfPresent(path) }

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
