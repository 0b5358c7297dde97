import Glibc

/// The control groups of payloads, in which the kernel itself keeps them to their memory, and kills all
/// of one at once.
///
/// They need version 2, and a group that is this process's own to divide: it may write there, and nobody
/// else is in it, as in a service of systemd with `Delegate=`. The kernel lets no group with processes in
/// it hand controllers on, so this process moves to a group below its own, beside those of the payloads.
///
/// A group is used again for a later payload, since what the kernel still holds of files on its account
/// would keep a removed one in memory.
final class PayloadCgroups {
  /// The group of one payload.
  struct Group: Sendable, Equatable {
    /// Its directory.
    let path: String
    /// The limit that it has, in bytes; nil: none yet.
    fileprivate(set) var limit: Int64?
    /// The kills that it has told of so far.
    fileprivate(set) var kills = 0
    /// The times that it was at its own limit and nothing more could be dropped.
    fileprivate(set) var overruns = 0

    /// The file by which a process joins it.
    var door: String { path + "/cgroup.procs" }
  }

  /// Whether the kernel's OOM killer has killed in a group, and what was short.
  enum Kill: Equatable {
    case none
    /// The payload went over its own limit.
    case ownLimit
    /// The host, or a group above, has no more.
    case shortage
  }

  private let root: String
  private let identity: String
  private var count = 0
  private var free: [Group] = []
  /// Groups whose processes are on their way out.
  private var leaving: [Group] = []

  private static let prefix = "spool-"

  private init(root: String) {
    self.root = root
    identity = "\(Self.prefix)\(getpid())"
  }

  deinit { close() }

  /// Takes this process's own group, and moves this process below it. Returns nil where there is none of
  /// version 2 with the controller `memory`, or it is not this process's own; then nothing has changed.
  static func claim() -> PayloadCgroups? {
    guard let root = ownGroup(HostResources.readText) else { return nil }
    let groups = PayloadCgroups(root: root)
    return groups.move() ? groups : nil
  }

  /// Returns the directory of the group of this process, if it has the controller `memory` and holds
  /// this process alone.
  static func ownGroup(_ read: (String) -> String?) -> String? {
    for (mount, directories) in CgroupLimits.own(read) where mount.isUnified {
      guard let path = directories.last,
        CgroupLimits.words(read(path + "/cgroup.controllers") ?? "").contains("memory"),
        CgroupLimits.words(read(path + "/cgroup.procs") ?? "") == ["\(getpid())"]
      else { continue }
      return path
    }
    return nil
  }

  private var home: String { "\(root)/\(identity)-pilot" }

  private func move() -> Bool {
    removeRemains()
    guard mkdir(home, 0o755) == 0 else { return false }
    if Self.write("0", home + "/cgroup.procs"),
      Self.write("+memory", root + "/cgroup.subtree_control")
    {
      return true
    }
    _ = Self.write("0", root + "/cgroup.procs")
    rmdir(home)
    return false
  }

  /// Removes the groups that an earlier pilot has left here, as far as nobody is in them.
  private func removeRemains() {
    for name in HostResources.names(in: root) where name.hasPrefix(Self.prefix) {
      rmdir("\(root)/\(name)")
    }
  }

  /// Returns a group for a payload with this limit in bytes; nil where the kernel refuses one.
  func take(limit: Int64) -> Group? {
    guard var group = free.popLast() ?? make() else { return nil }
    if group.limit != limit {
      guard Self.write("\(limit)", group.path + "/memory.max") else {
        rmdir(group.path)
        return nil
      }
      group.limit = limit
    }
    return group
  }

  private func make() -> Group? {
    count += 1
    let path = "\(root)/\(identity)-\(count)"
    guard mkdir(path, 0o755) == 0 else { return nil }
    // One whose memory goes to swap is over its limit all the same. Where there is no swap there is no
    // such file.
    _ = Self.write("0", path + "/memory.swap.max")
    // What is left of a payload of which one process was killed is of no use.
    guard Self.write("1", path + "/memory.oom.group") else {
      rmdir(path)
      return nil
    }
    return Group(path: path)
  }

  /// Kills all processes in a group, those that are being forked, too.
  func kill(_ group: Group) { _ = Self.write("1", group.path + "/cgroup.kill") }

  /// Returns whether the OOM killer has killed in a group since the last call.
  func noteKill(in group: inout Group) -> Kill {
    let events = HostResources.readText(group.path + "/memory.events")
    let kills = CgroupLimits.count("oom_kill", events) ?? 0
    let overruns = CgroupLimits.count("oom", events) ?? 0
    defer {
      group.kills = kills
      group.overruns = overruns
    }
    guard kills > group.kills else { return .none }
    return overruns > group.overruns ? .ownLimit : .shortage
  }

  /// Takes back the group of a payload of which nothing is left. What may be left against all odds is
  /// killed. A group that still answers for files in memory is not used again.
  func release(_ group: Group) {
    leaving.removeAll { rmdir($0.path) == 0 }
    let isEmpty = (HostResources.readText(group.door) ?? "").isEmpty
    if !isEmpty { kill(group) }
    let statistics = HostResources.readText(group.path + "/memory.stat")
    if isEmpty, CgroupLimits.count("shmem", statistics) ?? 0 == 0 {
      free.append(group)
    } else if rmdir(group.path) != 0 {
      leaving.append(group)
    }
  }

  /// Removes the groups that nobody is in.
  func close() {
    for group in free + leaving { rmdir(group.path) }
    free = []
    leaving = []
  }

  private static func write(_ text: String, _ path: String) -> Bool {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { Glibc.close(descriptor) }
    return Glibc.write(descriptor, text, text.utf8.count) == text.utf8.count
  }
}
