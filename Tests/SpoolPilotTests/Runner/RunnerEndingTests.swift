import Glibc
import SpoolPilot
import SpoolStore
import Testing

extension ProcessTests {
  @Suite(.serialized) struct Endings {
    @Test func exitCodesAndSignals() throws {
      let fixture = try RunnerFixture()
      #expect(try fixture.run("exit 0").status == .exited(0))
      #expect(try fixture.run("exit 23").status == .exited(23))
      let end = try fixture.run("kill -SEGV $$")
      #expect(end.status == .signalled(SIGSEGV))
      #expect(end.reason == .itself)
      #expect(fixture.runner.count == 0)
    }

    @Test func outputGoesToTheFiles() throws {
      let fixture = try RunnerFixture()
      _ = try fixture.run("echo to out; echo to err >&2; pwd")
      #expect(fixture.scratch.text("out") == "to out\n\(fixture.scratch.path)\n")
      #expect(fixture.scratch.text("err") == "to err\n")
      _ = try fixture.run("echo again")
      #expect(fixture.scratch.text("out") == "again\n")
    }

    @Test func wallTime() throws {
      let fixture = try RunnerFixture()
      let end = try fixture.run("sleep 1000", wall: .milliseconds(50))
      #expect(end.reason == .wall)
      #expect(end.status == .signalled(SIGTERM))
    }

    @Test func termIsIgnoredThenKilled() throws {
      let fixture = try RunnerFixture()
      let id = fixture.start("trap '' TERM; echo $$ >pid; while :; do sleep 1000; done")
      let pid = try fixture.scratch.pid("pid")
      let begin = Waker.now()
      fixture.runner.end(id, grace: .milliseconds(100))
      let end = try fixture.next()
      #expect(end.status == .signalled(SIGKILL))
      #expect(end.reason == .ended)
      #expect(Waker.now() - begin >= 100_000_000)
      #expect(isDead(pid))
    }

    @Test func graceLetsItCleanUp() throws {
      let fixture = try RunnerFixture()
      let id = fixture.start(
        "trap 'kill $!; echo bye; exit 5' TERM; sleep 1000 & echo $$ >pid; wait")
      _ = try fixture.scratch.pid("pid")
      fixture.runner.end(id, grace: .seconds(10))
      #expect(try fixture.next().status == .exited(5))
      #expect(fixture.scratch.text("out") == "bye\n")
    }

    @Test func endWithoutGrace() throws {
      let fixture = try RunnerFixture()
      let payload = fixture.payload(["sh", "-c", "trap '' TERM; sleep 1000; sleep 1000"])
      try fixture.launch(payload)
      fixture.runner.end(4711, grace: .zero)
      fixture.runner.end(payload.id, grace: .zero)
      let end = try fixture.next()
      #expect(end.status == .signalled(SIGKILL))
      #expect(end.reason == .ended)
    }

    @Test func memoryIsSummedOverProcesses() throws {
      let fixture = try RunnerFixture()
      // tail keeps what has no line end: 60 MB in each of two processes, neither over the limit.
      let hoard = "(head -c 60000000 /dev/zero; sleep 1000) | tail >/dev/null"
      let end = try fixture.run("\(hoard) & \(hoard)", memory: 100_000_000)
      #expect(end.reason == .memory)
      #expect(end.memory > 100_000_000)
      #expect(end.memory < 200_000_000)
    }

    @Test func usageIsReported() throws {
      let fixture = try RunnerFixture()
      // The kernel counts the runner's own peak for a child, so the payload takes more than that.
      var usage = rusage()
      try #require(getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0)
      let bytes = usage.ru_maxrss * 1024 + 60_000_000
      let end = try fixture.run("head -c \(bytes) /dev/zero | tail >/dev/null")
      #expect(end.reason == .itself)
      #expect(end.memory > bytes - 5_000_000)
      #expect(end.cpu > 0)
      #expect(end.cpu < 20)
    }

    @Test func theMiddleOfLargeOutputIsFreed() throws {
      let fixture = try RunnerFixture()
      let id = fixture.start("head -c 16777216 /dev/zero | tr '\\0' x; sleep 1000")
      var status = stat()
      try waitFor("hole in the output") {
        _ = fixture.runner.poll()
        return stat(fixture.scratch.path + "/out", &status) == 0 && status.st_size == 16_777_216
          && status.st_blocks * 512 < 3 << 20
      }
      fixture.runner.end(id, grace: .zero)
      #expect(try fixture.next().reason == .ended)
    }

    @Test func wakerEndsTheWait() throws {
      let fixture = try RunnerFixture()
      let payload = fixture.payload(["sleep", "1000"])
      try fixture.launch(payload)
      fixture.waker.wake()
      fixture.runner.wait(until: Waker.now() + 100_000_000_000, waker: fixture.waker)
      #expect(fixture.runner.poll().isEmpty)
      fixture.runner.end(payload.id, grace: .zero)
      #expect(try fixture.next().id == payload.id)
    }

    @Test func manyAtOnce() throws {
      let fixture = try RunnerFixture()
      var ids: Set<Int> = []
      for _ in 0..<100 { ids.insert(fixture.start("exit 3")) }
      let deadline = Waker.now() + 20_000_000_000
      while !ids.isEmpty, Waker.now() < deadline {
        fixture.runner.wait(until: deadline, waker: fixture.waker)
        for end in fixture.runner.poll() {
          #expect(end.status == .exited(3))
          #expect(ids.remove(end.id) != nil)
        }
      }
      #expect(ids.isEmpty)
    }
  }
}
