import Glibc
import Testing

@testable import SpoolPilot

/// The choice of the group in which a pilot makes others. What the kernel does with them is tried in a
/// machine of its own, by `make test-vm`.
struct PayloadCgroupsTests {
  private let files = [
    "/proc/self/cgroup": "0::/system.slice/spool-pilot@x.service\n",
    "/proc/self/mountinfo":
      "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n",
    "/sys/fs/cgroup/system.slice/spool-pilot@x.service/cgroup.controllers": "cpu memory pids\n",
    "/sys/fs/cgroup/system.slice/spool-pilot@x.service/cgroup.procs": "\(getpid())\n",
  ]
  private static let group = "/sys/fs/cgroup/system.slice/spool-pilot@x.service"

  private func ownGroup(_ name: String = "", _ text: String? = nil) -> String? {
    var files = files
    if !name.isEmpty { files[name] = text }
    return PayloadCgroups.ownGroup { files[$0] }
  }

  @Test func aServiceOfItsOwn() {
    #expect(ownGroup() == Self.group)
  }

  @Test(arguments: [
    ("/cgroup.procs", "\(getpid())\n1\n"), ("/cgroup.procs", ""),
    ("/cgroup.controllers", "cpu pids\n"), ("/cgroup.controllers", nil),
  ]) func notItsOwn(_ name: String, _ text: String?) {
    #expect(ownGroup(Self.group + name, text) == nil)
  }

  @Test func versionOne() {
    #expect(ownGroup("/proc/self/cgroup", "4:memory:/a\n") == nil)
    let mount = "30 23 0:26 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n"
    #expect(ownGroup("/proc/self/mountinfo", mount) == nil)
  }

  @Test func counters() {
    let events = "low 0\nhigh 0\nmax 21\noom 3\noom_kill 12\noom_group_kill 3\n"
    #expect(CgroupLimits.count("oom", events) == 3)
    #expect(CgroupLimits.count("oom_kill", events) == 12)
    #expect(CgroupLimits.count("shmem", events) == nil)
  }
}
