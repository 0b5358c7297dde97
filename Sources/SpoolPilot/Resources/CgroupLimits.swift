/// The limits that the control groups of this process set, of both versions, its own group and those
/// above.
///
/// A pure value: files are read through a closure, so that tests need no disk.
struct CgroupLimits: Equatable {
  /// Cores, as a fraction: quota by period.
  var cpus: Double?
  /// Bytes.
  var memory: Int64?

  /// Reads `/proc/self/cgroup`, `/proc/self/mountinfo` and the files that these lead to.
  init(_ read: (String) -> String?) {
    for (mount, directories) in Self.own(read) {
      for directory in directories { apply(directory, mount, read) }
    }
  }

  private mutating func apply(_ directory: String, _ mount: Mount, _ read: (String) -> String?) {
    if mount.isUnified {
      bound(cpus: Self.quota(read(directory + "/cpu.max")))
      bound(memory: Self.bytes(read(directory + "/memory.max")))
      return
    }
    if mount.controllers.contains("cpu") {
      let quota = read(directory + "/cpu.cfs_quota_us") ?? ""
      let period = read(directory + "/cpu.cfs_period_us") ?? ""
      bound(cpus: Self.quota(quota + " " + period))
    }
    if mount.controllers.contains("memory") {
      bound(memory: Self.bytes(read(directory + "/memory.limit_in_bytes")))
    }
  }

  private mutating func bound(cpus limit: Double?) {
    if let limit { cpus = min(cpus ?? limit, limit) }
  }

  private mutating func bound(memory limit: Int64?) {
    if let limit { memory = min(memory ?? limit, limit) }
  }

  /// Returns the cores of `QUOTA PERIOD`; nil where there is no quota (`max`, or -1).
  static func quota(_ text: String?) -> Double? {
    let words = words(text ?? "")
    guard words.count >= 2, let quota = Double(words[0]), let period = Double(words[1]) else {
      return nil
    }
    return quota > 0 && period > 0 ? quota / period : nil
  }

  /// Returns the bytes of a limit; nil for `max`, and for the enormous number that says so in
  /// version 1.
  static func bytes(_ text: String?) -> Int64? {
    guard let word = words(text ?? "").first, let bytes = Int64(word) else { return nil }
    return bytes > 0 && bytes < 1 << 60 ? bytes : nil
  }

  /// Returns the words of a text, between white space.
  static func words(_ text: String) -> [Substring] {
    text.split { $0 == " " || $0 == "\n" || $0 == "\t" }
  }
}

extension CgroupLimits {
  /// A line of `/proc/self/cgroup`: no controllers for version 2.
  struct Group: Equatable {
    var controllers: [String]
    var path: String
  }

  /// A mounted hierarchy.
  struct Mount: Equatable {
    var point: String
    /// The group that is at the mount point; not `/` in a container.
    var root: String
    var isUnified: Bool
    var controllers: [String]

    /// Returns whether the hierarchy is the one of a group with these controllers.
    func holds(_ others: [String]) -> Bool {
      others.isEmpty ? isUnified : !isUnified && others.contains { controllers.contains($0) }
    }
  }

  /// Returns the groups of this process: each with its hierarchy, as the directories from the mount point
  /// down to its own.
  static func own(_ read: (String) -> String?) -> [(mount: Mount, directories: [String])] {
    let groups = groups(read("/proc/self/cgroup") ?? "")
    return mounts(read("/proc/self/mountinfo") ?? "").flatMap { mount in
      groups.filter { mount.holds($0.controllers) }.map { (mount, directories(mount, $0.path)) }
    }
  }

  /// Returns the number behind a key in a file of a group, a key and a number in each line; nil where
  /// there is none.
  static func count(_ key: String, _ text: String?) -> Int? {
    let start = key + " "
    for line in (text ?? "").split(separator: "\n") where line.hasPrefix(start) {
      return Int(line.dropFirst(start.count))
    }
    return nil
  }

  /// Returns the groups of `/proc/self/cgroup`.
  static func groups(_ text: String) -> [Group] {
    text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { return nil }
      return Group(
        controllers: fields[1].split(separator: ",").map(String.init), path: String(fields[2]))
    }
  }

  /// Returns the hierarchies among the mounts of `/proc/self/mountinfo`.
  static func mounts(_ text: String) -> [Mount] {
    text.split(separator: "\n").compactMap { line in
      let words = words(String(line))
      // Optional fields end with a dash; then type, source, options.
      guard words.count > 6, let dash = words[6...].firstIndex(of: "-"), dash + 3 < words.count
      else { return nil }
      let type = words[dash + 1]
      guard type == "cgroup" || type == "cgroup2" else { return nil }
      return Mount(
        point: String(words[4]), root: String(words[3]), isUnified: type == "cgroup2",
        controllers: words[dash + 3].split(separator: ",").map(String.init))
    }
  }

  /// Returns the directories of a group and of those above it, down from the mount point.
  static func directories(_ mount: Mount, _ path: String) -> [String] {
    var rest = Substring(path)
    if mount.root != "/", rest == mount.root || rest.hasPrefix(mount.root + "/") {
      rest = rest.dropFirst(mount.root.count)
    }
    var directories = [mount.point]
    for part in rest.split(separator: "/") where part != ".." {
      directories.append((directories.last ?? "") + "/" + part)
    }
    return directories
  }
}
