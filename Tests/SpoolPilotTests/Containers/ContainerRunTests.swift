import Glibc
import SpoolModel
import SpoolTesting
import Testing

@testable import SpoolPilot

extension ProcessTests {
  /// Payloads in containers, as processes: with a runtime that takes podman's arguments, writes them down,
  /// and runs the program in its directory without any container.
  @Suite(.serialized) struct Containers {
    let fixture: RunnerFixture

    init() throws {
      fixture = try RunnerFixture()
      let script = """
        #!/bin/sh
        here=\(fixture.scratch.path)
        printf '%s\\n' "$@" '' >> "$here/calls"
        [ "$1" = run ] || exit 0
        [ -z "$FAIL" ] || { echo "Error: $FAIL" >&2; exit 125; }
        shift
        while [ $# -gt 0 ]; do
          case $1 in
            --name|--label|--security-opt|--user|--umask|--mount|--device|--memory|--memory-swap)
              shift 2;;
            --env) shift 2;;
            --workdir) cd "$2" || exit 125; shift 2;;
            --entrypoint) program=$2; shift 2;;
            --*) shift;;
            *) break;;
          esac
        done
        shift
        "$program" "$@"
        """
      try fixture.scratch.write("podman", Array(script.utf8), mode: 0o755)
    }

    private func payload(
      _ line: String, wall: Duration = .seconds(60), host: [String: String] = [:]
    ) -> Payload {
      var payload = fixture.payload(
        ["sh", "-c", line], wall: wall, environment: ["OWN": "given", "PATH": "/usr/bin:/bin"])
      payload.container = PayloadContainer(
        Container(image: "test:1"),
        by: ContainerRuntime(.podman, path: fixture.scratch.path + "/podman"), name: "spool-x-a1-p",
        scratch: fixture.scratch.path,
        host: host.merging(["PATH": "/usr/bin:/bin"]) { one, _ in one }, writable: [])
      return payload
    }

    /// What the runtime was called for, but for the look at what earlier pilots have left, which is made
    /// beside.
    private var calls: [String] {
      fixture.scratch.text("calls").split(separator: "\n\n").map {
        $0.split(separator: "\n").prefix(1).joined()
      }.filter { $0 != "ps" }
    }

    @Test func isRunByTheRuntime() throws {
      fixture.runner.start(payload("echo $OWN; pwd; exit 7"))
      let end = try fixture.next()
      #expect(end.status == .exited(7))
      #expect(fixture.scratch.text("out") == "given\n\(fixture.scratch.path)\n")
      // What ended by itself has cleared up after itself.
      #expect(calls == ["run"])
    }

    /// A payload that was killed is reported once its container is removed by name.
    @Test func whatIsKilledIsRemoved() throws {
      fixture.runner.start(payload("trap '' TERM; while :; do sleep 1; done", wall: .seconds(1)))
      let end = try fixture.next()
      #expect(end.reason == .wall)
      #expect(calls == ["run", "rm"])
      #expect(fixture.scratch.text("calls").contains("ps\n--all\n"))
      #expect(fixture.scratch.text("calls").hasSuffix("rm\n--force\n--ignore\nspool-x-a1-p\n\n"))
    }

    @Test func anImageInAFileThatIsNotThere() throws {
      var payload = payload("true")
      payload.container?.container.image = fixture.scratch.path + "/no.sif"
      do {
        try fixture.launch(payload)
        Issue.record("it was started")
      } catch let error as SpawnError {
        #expect(error.fault?.isTheTasks == false && !error.isTheTasks && !error.isMissingPlace)
        #expect(error.words.contains("no.sif") && error.words.contains("is its filesystem mounted"))
      }
      #expect(calls == [])
    }

    /// The other end of what ``ContainerFaultTests`` reads.
    @Test func aRuntimeThatFails() throws {
      fixture.runner.start(payload("true", host: ["FAIL": "no such image"]))
      let end = try fixture.next()
      #expect(end.status == .exited(125))
      #expect(fixture.scratch.text("err") == "Error: no such image\n")
    }
  }
}
