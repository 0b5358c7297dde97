import Glibc
import SpoolStore
import Testing

@testable import SpoolPilot

extension ProcessTests {
  /// Nothing is left of a payload that is reported.
  @Suite(.serialized) struct Orphans {
    /// Waits, in the shell, for the pid.
    private static let written = "until [ -s pid ]; do sleep 0.01; done"

    @Test(arguments: [
      "sleep 1000 & echo $! >pid",
      "setsid sh -c 'echo $$ >pid; exec sleep 1000' & \(written)",
      "setsid sh -c 'setsid sh -c \"echo \\$\\$ >pid; exec sleep 1000\" & exit 0'; \(written)",
      // The environment's mark is gone; the limit's is not.
      "env -i /usr/bin/setsid /bin/sh -c '/bin/sleep 1000 & echo $! >pid' & wait",
      // Both marks are gone.
      "env -i /usr/bin/prlimit --rttime=1000:1000 /usr/bin/setsid /bin/sh -c "
        + "'/bin/sleep 1000 & echo $! >pid' & wait",
      // It forks again whenever it is looked at.
      "setsid sh -c 'trap \"\" TERM; (sleep 1000; :) & echo $! >pid; wait' & \(written)",
    ])
    func areKilled(_ line: String) throws {
      let fixture = try RunnerFixture()
      let end = try fixture.run(line)
      #expect(end.status == .exited(0))
      #expect(end.reason == .itself)
      #expect(isDead(try fixture.scratch.pid("pid")))
    }

    /// An orphan without a mark may be of any payload that was there: it goes with the last of them.
    @Test func withoutAMarkAmongOthers() throws {
      let fixture = try RunnerFixture()
      let other = fixture.start("exec sleep 1000")
      fixture.start(
        "env -i /usr/bin/prlimit --rttime=1000:1000 /usr/bin/setsid /bin/sh -c "
          + "'/bin/sleep 1000 & echo $! >pid' & wait")
      let orphan = try fixture.scratch.pid("pid")
      _ = try fixture.next()
      fixture.runner.end(other, grace: .seconds(5))
      #expect(try fixture.next().id == other)
      try waitFor("its death") { isDead(orphan) }
    }

    @Test func areLeftAloneWhileThePayloadLives() throws {
      let fixture = try RunnerFixture()
      let id = fixture.start(
        "(setsid sh -c 'echo $$ >daemon; exec sleep 1000' &); echo $$ >pid; exec sleep 1000")
      let daemon = try fixture.scratch.pid("daemon")
      _ = try fixture.scratch.pid("pid")
      // Another one ends, so that orphans are looked at.
      #expect(try fixture.run("exit 0").status == .exited(0))
      #expect(!isDead(daemon))
      fixture.runner.end(id, grace: .seconds(5))
      #expect(try fixture.next().id == id)
      #expect(isDead(daemon))
    }

    @Test func childrenOfOthersAreNotTaken() throws {
      let fixture = try RunnerFixture()
      var arguments: [UnsafeMutablePointer<CChar>?] = [
        strdup("sh"), strdup("-c"), strdup("exit 7"),
      ]
      arguments.append(nil)
      defer { for argument in arguments { free(argument) } }
      var pid: pid_t = 0
      try #require(posix_spawn(&pid, "/bin/sh", nil, nil, arguments, environ) == 0)
      try waitFor("end of another's child") { isDead(pid) }
      for _ in 0..<3 { #expect(try fixture.run("sleep 1000 & exit 1").status == .exited(1)) }
      var status: Int32 = 0
      #expect(waitpid(pid, &status, 0) == pid)
      #expect(status >> 8 & 0xff == 7)
    }

    @Test func zombiesOfALongPayloadAreReaped() throws {
      let fixture = try RunnerFixture()
      let id = fixture.start("(setsid sh -c 'echo $$ >pid' &); exec sleep 1000")
      let pid = try fixture.scratch.pid("pid")
      try waitFor("the orphan to be waited for") {
        _ = fixture.runner.poll()
        return kill(pid, 0) != 0 && errno == ESRCH
      }
      fixture.runner.end(id, grace: .zero)
      #expect(try fixture.next().id == id)
    }

    @Test func shutdownKillsAndTheGuardianGoes() throws {
      let fixture = try RunnerFixture()
      fixture.start("trap '' TERM; setsid sleep 1000 & echo $! >pid; sleep 1000; sleep 1000")
      let pid = try fixture.scratch.pid("pid")
      let guardian = fixture.runner.guardian.pid
      #expect(!isDead(guardian))
      fixture.runner.shutdown()
      #expect(isDead(pid))
      #expect(isDead(guardian))
      #expect(fixture.runner.count == 0)
    }

    @Test func theGuardianHoldsNothing() throws {
      let fixture = try RunnerFixture()
      let guardian = fixture.runner.guardian.pid
      // It lets go of everything in its first moments.
      try waitFor("guardian with one descriptor") {
        guard let directory = opendir("/proc/\(guardian)/fd") else { return false }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        return count == 3
      }
      kill(guardian, SIGTERM)
      #expect(try fixture.run("exit 0").status == .exited(0))
      #expect(!isDead(guardian))
    }
  }

  /// Nothing outlives a pilot, however it dies.
  @Suite(.serialized) struct PilotDeath {
    @Test func killedPilotLeavesNothing() throws {
      let scratch = try ScratchDirectory()
      let probe = try startProbe(
        scratch,
        [
          "echo $$ >a; exec sleep 1000",
          "trap '' TERM HUP; sh -c 'echo $$ >b; sleep 1000; sleep 1000'; sleep 1000",
          "setsid sh -c 'setsid sh -c \"echo \\$\\$ >c; exec sleep 1000\" & exit 0'; sleep 1000",
          "env -i /usr/bin/setsid /bin/sh -c 'echo $$ >d; exec /bin/sleep 1000' & wait",
        ])
      let pids = try ["a", "b", "c", "d"].map { try scratch.pid($0) }
      let others = ProcessTable.read().children(of: probe)
      #expect(others.count >= 5, "the payloads and the guardian")
      for pid in pids { #expect(!isDead(pid)) }
      kill(probe, SIGKILL)
      #expect(waitpid(probe, nil, 0) == probe)
      for pid in pids + others { try waitFor("death of \(pid)") { isDead(pid) } }
      // This process is a subreaper: they became its children.
      for pid in pids + others { waitpid(pid, nil, WNOHANG | Int32(bitPattern: 0x4000_0000)) }
    }

    /// A guardian that somebody has killed is replaced, so that the pilot's death is still watched.
    @Test func theGuardianIsReplaced() throws {
      let scratch = try ScratchDirectory()
      let probe = try startProbe(scratch, ["setsid sh -c 'echo $$ >a; exec sleep 1000' & wait"])
      let payload = try scratch.pid("a")
      let guardians = {
        ProcessTable.read().children(of: probe).filter { pid in
          name(of: pid) == "spool-guardian" && !isDead(pid)
        }
      }
      try waitFor("a guardian") { guardians().count == 1 }
      let first = try #require(guardians().first)
      kill(first, SIGKILL)
      try waitFor("another guardian") { guardians().contains { $0 != first } }
      kill(probe, SIGKILL)
      #expect(waitpid(probe, nil, 0) == probe)
      try waitFor("death of \(payload)") { isDead(payload) }
      waitpid(payload, nil, WNOHANG)
    }

    private func name(of pid: pid_t) -> String {
      let descriptor = open("/proc/\(pid)/comm", O_RDONLY)
      guard descriptor >= 0 else { return "" }
      defer { close(descriptor) }
      var bytes = [UInt8](repeating: 0, count: 64)
      let count = read(descriptor, &bytes, bytes.count)
      return String(decoding: bytes.prefix(max(0, count - 1)), as: UTF8.self)
    }

    private func startProbe(_ scratch: ScratchDirectory, _ lines: [String]) throws -> pid_t {
      var path = [CChar](repeating: 0, count: 4096)
      let length = readlink("/proc/self/exe", &path, path.count)
      try #require(length > 0)
      let text = String(
        decoding: path[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let slash = try #require(text.lastIndex(of: "/"))
      let program = text[...slash] + "runner-probe"
      var arguments = ([String(program), scratch.path] + lines).map { strdup($0) }
      arguments.append(nil)
      defer { for argument in arguments { free(argument) } }
      var pid: pid_t = 0
      try #require(posix_spawn(&pid, String(program), nil, nil, arguments, environ) == 0)
      return pid
    }
  }
}
