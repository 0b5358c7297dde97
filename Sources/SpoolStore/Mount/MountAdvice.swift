public import SpoolModel

extension MountFacts {
  /// Returns what is unsafe on this mount, and what to set: a line each, none where all is well. The
  /// reasons are in `docs/FILESYSTEMS.md`.
  public func advice(_ config: SpoolConfig) -> [String] {
    let lines = nfsAdvice + lockAdvice + featureAdvice + patienceAdvice(config.deadAfter)
    return lines.map { "\(type.isEmpty ? "filesystem" : type): \($0)" }
  }

  private var isNFS: Bool { type == "nfs" || type == "nfs4" }

  // MARK: Options

  private var nfsAdvice: [String] {
    guard isNFS else { return [] }
    var lines: [String] = []
    if cachesMissingNames {
      lines.append(
        "a name that a host has looked for in vain it goes on not finding, for up to 60 s after "
          + "another host has made it; mount with lookupcache=positive")
    }
    if options["soft"] != nil || options["softerr"] != nil {
      lines.append(
        "mounted soft: a call that takes long fails, and may be done all the same; mount with hard")
    }
    if let version = options["vers"], !Self.recentVersions.contains(version) {
      lines.append(
        "version \(version): a call that is repeated after a lost reply may fail although it was "
          + "done; mount with vers=4.1")
    }
    return lines
  }

  private static let recentVersions: Set<String> = ["4.1", "4.2"]

  /// Linux names `lookupcache` only where it is not `all`.
  private var cachesMissingNames: Bool {
    options["lookupcache"] == nil && options["noac"] == nil && options["acdirmax"] != "0"
  }

  private var lockAdvice: [String] {
    let isLocal =
      isNFS && (options["nolock"] != nil || options["local_lock"].map { $0 != "none" } ?? false)
      || type == "lustre" && options["localflock"] != nil
    if isLocal {
      let remedy = type == "lustre" ? "mount with flock" : "mount without nolock and local_lock"
      return [
        "locks hold on one host alone: a second watcher on another host is kept out only by "
          + "watcher.json, after deadAfter; \(remedy)"
      ]
    }
    guard hasLocks == false else { return [] }
    return [
      "locks are refused, and no watcher can start: "
        + (type == "lustre" ? "mount with flock" : "put the spool on another filesystem")
    ]
  }

  // MARK: What was tried

  private var featureAdvice: [String] {
    guard hasExclusiveRename == false, hasHardLinks == false else { return [] }
    return [
      "no rename that refuses to replace, and no hard links: a file that appears at the final path "
        + "of an output in the moment of publication is replaced; let nobody else write there"
    ]
  }

  // MARK: Times

  private func patienceAdvice(_ deadAfter: Duration) -> [String] {
    guard let (least, reason) = patience, deadAfter < least else { return [] }
    return [
      "deadAfter is \(Units.text(deadAfter)), and \(reason); "
        + "set it to \"\(least.milliseconds / 1000)s\" or more in spool.json"
    ]
  }

  /// The shortest sensible `deadAfter`, with the reason for it.
  private var patience: (Duration, String)? {
    switch type {
    case "nfs", "nfs4":
      (.seconds(120), "after a restart an NFS server is not itself for 90 s (its grace period)")
    case "fuse.glusterfs":
      (.seconds(60), "when a server is lost, all stands still for 42 s (network.ping-timeout)")
    case "fuse.juicefs":
      (.seconds(20), "when its metadata server is lost, JuiceFS stands still for some seconds")
    default: nil
    }
  }
}
