import Testing

@testable import SpoolPilot

/// Whether KILL came from the kernel's OOM killer.
struct OOMWatchTests {
  private final class Counter { var value: Int? = 3 }

  private func watch() -> (OOMWatch, Counter) {
    let counter = Counter()
    return (OOMWatch { counter.value }, counter)
  }

  /// Kills of before, and by others, are none.
  @Test func aKillOfAnother() {
    var (watch, _) = watch()
    let answer1 = watch.noteKill()
    #expect(!answer1)
  }

  /// Each kill counts for one payload.
  @Test func eachCountsOnce() {
    var (watch, counter) = watch()
    counter.value = 4
    let answer2 = watch.noteKill()
    #expect(answer2)
    let answer3 = watch.noteKill()
    #expect(!answer3)
  }

  /// A program may take a moment to end after one of its processes was killed, and not longer.
  @Test func forAWhile() {
    var (watch, counter) = watch()
    counter.value = 4
    watch.look()
    let answer4 = watch.noteKill()
    #expect(answer4)
    counter.value = 5
    watch.look()
    watch.look()
    let answer5 = watch.noteKill()
    #expect(!answer5)
  }

  @Test func noCounter() {
    var watch = OOMWatch { nil }
    watch.look()
    let answer6 = watch.noteKill()
    #expect(!answer6)
  }

  @Test func theGroupsCounter() {
    let unified = [
      "/proc/self/cgroup": "0::/a.slice/b.scope\n",
      "/proc/self/mountinfo": "30 29 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
      "/sys/fs/cgroup/a.slice/b.scope/memory.events": "low 0\noom 1\noom_kill 7\n",
    ]
    let path = OOMWatch.counterPath { unified[$0] }
    #expect(path == "/sys/fs/cgroup/a.slice/b.scope/memory.events")
    #expect(CgroupLimits.count("oom_kill", unified[path]) == 7)
    let old = [
      "/proc/self/cgroup": "4:memory:/j\n0::/\n",
      "/proc/self/mountinfo":
        "30 29 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
      "/sys/fs/cgroup/memory/j/memory.oom_control":
        "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
    ]
    #expect(OOMWatch.counterPath { old[$0] } == "/sys/fs/cgroup/memory/j/memory.oom_control")
    // A group without a counter, or of a controller that is not there.
    #expect(OOMWatch.counterPath { ["/proc/self/cgroup": "0::/\n"][$0] } == "/proc/vmstat")
  }
}
