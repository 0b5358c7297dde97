import Glibc
import SpoolPilot
import SpoolStore
import Testing

extension ProcessTests {
  /// The signal that a payload has chosen for itself.
  @Suite(.serialized) struct Stops {
    private static let trap = "trap 'echo told >>told; exit 85' USR1; echo $$ >pid; "
    private static let wait = "while :; do sleep 1000 & wait $!; done"

    private func start(
      _ fixture: RunnerFixture, _ line: String, after: Duration? = nil
    ) throws -> Int {
      var payload = fixture.payload(["sh", "-c", line])
      payload.stop = PayloadStop(signal: SIGUSR1, after: after)
      try fixture.launch(payload)
      return payload.id
    }

    /// Whether the runner has taken in its start or not.
    @Test(arguments: [true, false]) func itEndsByItself(isTaken: Bool) throws {
      let fixture = try RunnerFixture()
      var payload = fixture.payload(["sh", "-c", Self.trap + Self.wait])
      payload.stop = PayloadStop(signal: SIGUSR1)
      if isTaken { try fixture.launch(payload) } else { fixture.runner.start(payload) }
      let id = payload.id
      _ = try fixture.scratch.pid("pid")
      fixture.runner.stop(id, grace: .seconds(3600))
      let end = try fixture.next()
      #expect(end.status == .exited(85) && end.reason == .stopped)
    }

    /// Told before its time is over it ends by itself: nobody ended it.
    @Test func itIsWarned() throws {
      let fixture = try RunnerFixture()
      _ = try start(fixture, Self.trap + Self.wait, after: .milliseconds(300))
      let end = try fixture.next()
      #expect(end.status == .exited(85) && end.reason == .itself)
    }

    /// Once is enough; TERM comes when the grace after the signal is over, and KILL in the end.
    @Test func termFollows() throws {
      let fixture = try RunnerFixture()
      let id = try start(
        fixture,
        "trap 'echo told >>told' USR1; trap 'echo term >>told; exit 3' TERM; echo $$ >pid; "
          + Self.wait)
      _ = try fixture.scratch.pid("pid")
      let begin = Waker.now()
      fixture.runner.stop(id, grace: .seconds(2))
      try waitFor("the signal") { fixture.scratch.text("told") == "told\n" }
      fixture.runner.stop(id, grace: .seconds(3600))
      let end = try fixture.next()
      #expect(end.status == .exited(3) && end.reason == .ended)
      #expect(Waker.now() - begin >= 2_000_000_000)
      #expect(fixture.scratch.text("told") == "told\nterm\n")
    }

    @Test func aLaterCallHurries() throws {
      let fixture = try RunnerFixture()
      let id = try start(fixture, "trap '' USR1 TERM; echo $$ >pid; " + Self.wait)
      let pid = try fixture.scratch.pid("pid")
      fixture.runner.stop(id, grace: .seconds(3600))
      #expect(fixture.runner.poll().isEmpty)
      fixture.runner.stop(id, grace: .zero)
      let end = try fixture.next()
      #expect(end.status == .signalled(SIGKILL) && end.reason == .ended)
      #expect(isDead(pid))
    }

    /// The signal goes to the group: a program that a shell has started hears it, too.
    @Test func theWholeGroup() throws {
      let fixture = try RunnerFixture()
      let id = try start(
        fixture,
        "trap : USR1; sh -c \"trap 'echo inner >>told; exit 0' USR1; echo 1 >pid; " + Self.wait
          + "\"; echo outer >>told; exit 85")
      _ = try fixture.scratch.pid("pid")
      fixture.runner.stop(id, grace: .seconds(3600))
      #expect(try fixture.next().status == .exited(85))
      #expect(fixture.scratch.text("told") == "inner\nouter\n")
    }

    @Test func oneWithoutASignalGetsTerm() throws {
      let fixture = try RunnerFixture()
      let id = fixture.start("echo $$ >pid; exec sleep 1000")
      _ = try fixture.scratch.pid("pid")
      fixture.runner.stop(id, grace: .seconds(3600))
      let end = try fixture.next()
      #expect(end.status == .signalled(SIGTERM) && end.reason == .ended)
    }
  }
}
