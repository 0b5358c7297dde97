/// The watch for the kernel's OOM killer, which kills with the same signal as anybody else. A counter
/// of the control group that this process, and so its payloads, are in tells of its kills; that of the
/// whole machine, where there is none.
///
/// In: looks now and then, and payloads that KILL ended. Out: whether the OOM killer did it.
struct OOMWatch {
  private let read: () -> Int?
  /// The kills that are known, and those at the last look. A program may take a moment to end after
  /// one of its processes was killed, so a kill becomes known at the next look but one.
  private var known: Int
  private var seen: Int

  /// Makes a watch; `read` reads the counter.
  init(_ read: @escaping () -> Int?) {
    self.read = read
    known = read() ?? 0
    seen = known
  }

  /// Makes the watch of this process.
  init() {
    let path = Self.counterPath(HostResources.readText)
    self.init { CgroupLimits.count(Self.key, HostResources.readText(path)) }
  }

  /// Takes in the counter as it is now, to be done about twice a second.
  mutating func look() {
    known = max(known, seen)
    seen = read() ?? seen
  }

  /// Takes in that KILL ended a payload. Returns whether the OOM killer has killed since the last look
  /// but one; each of its kills counts once.
  mutating func noteKill() -> Bool {
    guard let now = read(), now > known else { return false }
    known += 1
    return true
  }

  /// Returns the file of the counter: in the control group of this process, whose limit or whose
  /// ancestors' kills, of version 2 or 1; else of the machine.
  static func counterPath(_ read: (String) -> String?) -> String {
    for (mount, directories) in CgroupLimits.own(read)
    where mount.isUnified || mount.controllers.contains("memory") {
      let name = mount.isUnified ? "memory.events" : "memory.oom_control"
      let path = (directories.last ?? "") + "/" + name
      if CgroupLimits.count(key, read(path)) != nil { return path }
    }
    return "/proc/vmstat"
  }

  /// The key of the kills, in each of these files.
  private static let key = "oom_kill"
}
