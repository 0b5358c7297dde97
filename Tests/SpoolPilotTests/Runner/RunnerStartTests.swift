import Glibc
import SpoolStore
import Testing

@testable import SpoolPilot

extension ProcessTests {
  /// Starts that take a while: a payload's output is a pipe with a name, whose opening waits for a
  /// reader.
  @Suite(.serialized) struct Starts {
    /// A payload whose start hangs until ``release(_:)``.
    private func hanging(_ fixture: RunnerFixture, _ line: String) throws -> Payload {
      var payload = fixture.payload(["sh", "-c", line])
      payload.output = fixture.scratch.path + "/pipe"
      if mkfifo(payload.output, 0o600) != 0 { try #require(errno == EEXIST) }
      return payload
    }

    /// Lets it go on; the descriptor of the reader.
    private func release(_ fixture: RunnerFixture) throws -> Int32 {
      let descriptor = open(fixture.scratch.path + "/pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
      try #require(descriptor >= 0)
      return descriptor
    }

    /// Waits until nobody has the pipe open for writing any more.
    private func waitForTheEnd(_ pipe: Int32) throws {
      var byte: UInt8 = 0
      try waitFor("end of the payload") { read(pipe, &byte, 1) == 0 }
    }

    @Test func anEndIsTakenMeanwhile() throws {
      let fixture = try RunnerFixture()
      let first = fixture.start("exit 4")
      fixture.runner.start(try hanging(fixture, "exit 5"))
      try waitFor("a start that hangs") { isOpening() }
      let end = try fixture.next()
      #expect(end.id == first)
      #expect(end.status == .exited(4))
      #expect(fixture.runner.count == 1)
      let pipe = try release(fixture)
      defer { close(pipe) }
      #expect(try fixture.next().status == .exited(5))
    }

    @Test func endedWhileBeingStarted() throws {
      let fixture = try RunnerFixture()
      let slow = try hanging(fixture, "sleep 1000")
      fixture.runner.start(slow)
      try waitFor("a start that hangs") { isOpening() }
      fixture.runner.end(slow.id, grace: .seconds(10))
      #expect(fixture.runner.poll().isEmpty)
      #expect(fixture.runner.takeStarts().isEmpty)
      let pipe = try release(fixture)
      defer { close(pipe) }
      let end = try fixture.next()
      #expect(end.reason == .ended)
      #expect(end.status == .signalled(SIGTERM))
    }

    @Test func endedBeforeItsTurn() throws {
      let fixture = try RunnerFixture()
      fixture.runner.start(try hanging(fixture, "exit 5"))
      try waitFor("a start that hangs") { isOpening() }
      let second = fixture.payload(["/bin/true"])
      fixture.runner.start(second)
      fixture.runner.end(second.id, grace: .seconds(10))
      // The runner is woken to hear of it.
      fixture.runner.wait(until: Waker.now() + 20_000_000_000, waker: fixture.waker)
      #expect(fixture.runner.poll().isEmpty)
      #expect(
        fixture.runner.takeStarts() == [
          PayloadStart(id: second.id, error: .cancelled("/bin/true"))
        ])
      #expect(fixture.runner.count == 1)
      let pipe = try release(fixture)
      defer { close(pipe) }
      #expect(try fixture.next().status == .exited(5))
    }

    /// Nothing runs on that was being started when the runner was shut down.
    @Test func shutdownWhileOneIsBeingStarted() throws {
      let fixture = try RunnerFixture()
      fixture.runner.start(try hanging(fixture, "sleep 1000"))
      try waitFor("a start that hangs") { isOpening() }
      fixture.runner.shutdown()
      #expect(fixture.runner.count == 0)
      let pipe = try release(fixture)
      defer { close(pipe) }
      try waitForTheEnd(pipe)
    }

    /// Many programs put their state aside at the first, and die of a second.
    @Test func termComesOnce() throws {
      let fixture = try RunnerFixture()
      let id = fixture.start(
        "trap 'echo t >> terms' TERM; echo $$ > pid; while :; do sleep 0.05; done")
      _ = try fixture.scratch.pid("pid")
      _ = fixture.runner.poll()
      fixture.runner.end(id, grace: .milliseconds(700))
      #expect(try fixture.next().status == .signalled(SIGKILL))
      #expect(fixture.scratch.text("terms") == "t\n")
    }

    // MARK: Starts that take no time

    /// Runs a program once, so that the runner knows it.
    private func introduce(_ fixture: RunnerFixture, _ program: String) throws {
      fixture.runner.start(fixture.payload([program]))
      #expect(try fixture.next().status == .exited(0))
    }

    /// True if the start of a further payload is decided when it is asked for.
    private func isStartedAtOnce(_ fixture: RunnerFixture, _ arguments: [String]) throws -> Bool {
      let payload = fixture.payload(arguments)
      fixture.runner.start(payload)
      let isDecided = fixture.runner.takeStarts() == [PayloadStart(id: payload.id)]
      #expect(try fixture.next().id == payload.id)
      return isDecided
    }

    @Test func aKnownProgramOnALocalDisk() throws {
      let fixture = try RunnerFixture()
      #expect(try !isStartedAtOnce(fixture, ["true"]))
      #expect(try isStartedAtOnce(fixture, ["true", "another argument"]))
      // Another place may be another disk.
      var payload = fixture.payload(["true"])
      payload.directory = "/proc"
      for _ in 0..<2 {
        fixture.runner.start(payload)
        #expect(fixture.runner.takeStarts().isEmpty)
        #expect(try fixture.next().status == .exited(0))
      }
    }

    /// Its interpreter may lie anywhere.
    @Test func aScript() throws {
      let fixture = try RunnerFixture()
      let script = fixture.scratch.path + "/script"
      try fixture.scratch.write("script", Array("#!/bin/sh\n".utf8), mode: 0o755)
      try introduce(fixture, script)
      #expect(try !isStartedAtOnce(fixture, [script]))
    }

    @Test func aKnownProgramThatIsGone() throws {
      let fixture = try RunnerFixture()
      let program = fixture.scratch.path + "/program"
      #expect(try fixture.run("cp /bin/true program").status == .exited(0))
      try introduce(fixture, program)
      #expect(try isStartedAtOnce(fixture, [program]))
      try #require(unlink(program) == 0)
      #expect(throws: SpawnError(program: program, code: ENOENT, isExec: true)) {
        try fixture.launch(fixture.payload([program]))
      }
    }

    /// True while a child of this process waits in the opening of a pipe.
    private func isOpening() -> Bool {
      ProcessTable.read().children(of: getpid()).contains { pid in
        let descriptor = open("/proc/\(pid)/wchan", O_RDONLY)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = max(0, read(descriptor, &bytes, bytes.count))
        let text = String(decoding: bytes.prefix(count), as: UTF8.self)
        return text.contains("fifo") || text.contains("partner")
      }
    }
  }
}
