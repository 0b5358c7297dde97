import Glibc
import SpoolPilot
import SpoolStore
import Testing

extension ProcessTests {
  /// What a payload finds when it starts.
  @Suite(.serialized) struct Child {
    @Test func noDescriptorsLeak() throws {
      let fixture = try RunnerFixture()
      // Deliberately not close-on-exec.
      let leak = open("/dev/zero", O_RDONLY)
      defer { close(leak) }
      _ = try fixture.run("ls -l /proc/self/fd | sed -n 's/.* \\([0-9]* -> .*\\)/\\1/p'")
      let lines = fixture.scratch.text("out").split(separator: "\n")
      #expect(lines.count == 4, "0, 1, 2 and the directory: \(lines)")
      #expect(lines.first == "0 -> /dev/null")
      #expect(!lines.contains { $0.hasSuffix("/dev/zero") })
    }

    @Test func signalsAreReset() throws {
      let fixture = try RunnerFixture()
      var blocked = sigset_t()
      var before = sigset_t()
      sigemptyset(&blocked)
      sigaddset(&blocked, SIGUSR1)
      pthread_sigmask(SIG_BLOCK, &blocked, &before)
      let disposition = signal(SIGUSR2, SIG_IGN)
      defer {
        pthread_sigmask(SIG_SETMASK, &before, nil)
        signal(SIGUSR2, disposition)
      }
      fixture.runner.start(
        fixture.payload(["grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"]))
      #expect(try fixture.next().status == .exited(0))
      let none = "0000000000000000"
      #expect(fixture.scratch.text("out") == "SigBlk:\t\(none)\nSigIgn:\t\(none)\n")
    }

    @Test func sessionOfItsOwn() throws {
      let fixture = try RunnerFixture()
      _ = try fixture.run("cut -d' ' -f1,5,6 /proc/$$/stat")
      let numbers = fixture.scratch.text("out").split { $0 == " " || $0 == "\n" }
      #expect(numbers.count == 3)
      #expect(Set(numbers).count == 1)
    }

    @Test func environmentIsWhatWasGiven() throws {
      let fixture = try RunnerFixture()
      fixture.runner.start(fixture.payload(["/usr/bin/env"], environment: ["A": "b=c d"]))
      _ = try fixture.next()
      let lines = fixture.scratch.text("out").split(separator: "\n").sorted()
      #expect(lines.count == 2)
      #expect(lines.first == "A=b=c d")
      #expect(lines.last?.hasPrefix("SPOOL_PAYLOAD=") == true)
    }

    @Test func whatCannotBeStarted() throws {
      let fixture = try RunnerFixture()
      let scratch = fixture.scratch
      try scratch.write("plain", Array("no program".utf8))
      try scratch.write("odd", Array("\u{1}\u{2}".utf8), mode: 0o755)
      try scratch.write("lost", Array("#!/no/such/interpreter\n".utf8), mode: 0o755)
      let cases: [(program: String, code: Int32)] = [
        ("no-such-program", ENOENT), ("/no/such/program", ENOENT), ("", ENOENT),
        (scratch.path + "/plain", EACCES), (scratch.path + "/odd", ENOEXEC),
        ("with\0nul", EINVAL), (scratch.path, EISDIR),
      ]
      for (program, code) in cases {
        #expect(throws: SpawnError(program: program, code: code)) {
          try fixture.launch(
            fixture.payload([program], environment: ["PATH": "/usr/bin:\(scratch.path)"]))
        }
      }
      #expect(throws: SpawnError(program: "plain", code: EACCES)) {
        try fixture.launch(fixture.payload(["plain"], environment: ["PATH": scratch.path]))
      }
      let lost = scratch.path + "/lost"
      #expect(throws: SpawnError(program: "the interpreter of " + lost, code: ENOENT)) {
        try fixture.launch(fixture.payload([lost]))
      }
      #expect(fixture.runner.count == 0)
    }

    @Test func errorsNameThePath() throws {
      let fixture = try RunnerFixture()
      var payload = fixture.payload(["/bin/true"])
      payload.directory = "/no/such/directory"
      #expect(throws: SpawnError(program: "/no/such/directory", code: ENOENT, isExec: false)) {
        try fixture.launch(payload)
      }
      payload = fixture.payload(["/bin/true"])
      payload.errorOutput = fixture.scratch.path
      #expect(throws: SpawnError(program: fixture.scratch.path, code: EISDIR, isExec: false)) {
        try fixture.launch(payload)
      }
    }

    @Test func searchSkipsWhatIsNotAbsolute() throws {
      let fixture = try RunnerFixture()
      try fixture.scratch.write("tool", Array("#!/bin/sh\nexit 9\n".utf8), mode: 0o755)
      let path = ":.:\(fixture.scratch.path):/bin"
      fixture.runner.start(fixture.payload(["tool"], environment: ["PATH": path]))
      #expect(try fixture.next().status == .exited(9))
      #expect(throws: SpawnError(program: "tool", code: ENOENT)) {
        try fixture.launch(fixture.payload(["tool"], environment: ["PATH": ":."]))
      }
    }
  }
}
