/// The mount that the spool lies on.
extension Spool {
  /// Looks at the mount, and tries on hidden files in the spool what Spool needs of it. `id` keeps
  /// several that try at one time apart. What cannot be found out stays unknown.
  public func mount(probedBy id: String) -> MountFacts {
    var facts = mount()
    let probe = layout.probe(id)
    let others = ["\(probe)-2", "\(probe)-3"]
    defer { for path in [probe] + others { try? files.removeIfPresent(path) } }
    facts.hasLocks = hasLocks(probe)
    facts.hasHardLinks = Self.succeeds { () throws(FileError) in
      try files.link(probe, to: others[0])
    }
    facts.hasExclusiveRename = Self.succeeds { () throws(FileError) in
      try files.renameExclusively(probe, to: others[1])
    }
    return facts
  }

  /// Looks at the mount, and tries nothing.
  public func mount() -> MountFacts {
    let root = (try? files.resolve(layout.root)) ?? layout.root
    let table = (try? files.read("/proc/self/mountinfo", limit: 1 << 24)) ?? []
    return MountFacts(mountinfo: table, path: root)
  }

  /// Returns the size and the free room of the filesystem that the spool lies on.
  public func usage() throws(FileError) -> FileSystemUsage { try files.usage(of: layout.root) }

  /// Makes a file, and locks it.
  private func hasLocks(_ path: String) -> Bool? {
    guard let file = try? files.open(path, .createLock) else { return nil }
    defer { try? file.close() }
    return Self.succeeds { () throws(FileError) in _ = try file.tryLock() }
  }

  /// Returns false where the filesystem does not know a call; nil where it fails for another reason.
  private static func succeeds(_ call: () throws(FileError) -> Void) -> Bool? {
    do throws(FileError) {
      try call()
      return true
    } catch {
      return error.isWithoutFeature ? false : nil
    }
  }
}
