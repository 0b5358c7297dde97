import Glibc
import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

@testable import SpoolPilot

extension ProcessTests {
  /// Payloads in real containers, by podman, of an image that a static busybox makes. They run where podman
  /// and busybox are installed and a container of that image runs, and are skipped elsewhere.
  @Suite(
    .serialized, .enabled(if: Podman.works, "no container runs here: podman, crun, static busybox"))
  struct RealPodman {
    private let fixture: RunnerFixture
    private let podman: Podman

    init() throws {
      fixture = try RunnerFixture()
      podman = try Podman()
      for name in ["in", "made"] { mkdir(fixture.scratch.path + "/" + name, 0o755) }
      try fixture.scratch.write("in/a", Array("data".utf8))
    }

    private var path: String { fixture.scratch.path }

    private func payload(_ line: String, wall: Duration = .seconds(60)) -> Payload {
      var payload = fixture.payload(
        ["sh", "-c", line], wall: wall, environment: ["OWN": "two\nlines", "HOME": path])
      var container = PayloadContainer(
        Container(image: Podman.image),
        by: ContainerRuntime(.podman, path: podman.program, hasInit: false),
        name: "spool-test-\(fixture.lastID)",
        scratch: path, host: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "SECRET": "x"],
        inputs: [path + "/in/a"], writable: [path + "/made"])
      container.process = ["pid": 1]
      payload.container = container
      return payload
    }

    private func run(_ line: String, wall: Duration = .seconds(60)) throws -> PayloadEnd {
      fixture.runner.start(payload(line, wall: wall))
      return try fixture.next()
    }

    /// What a payload sees, and what it may write to.
    @Test func itsFilesAndItsEnvironment() throws {
      let end = try run(
        "cat in/a; echo; echo \"$OWN $SECRET $HOME\"; pwd; touch in/b; echo new > made/c; ls /usr; exit 7"
      )
      #expect(end.status == .exited(7) && end.reason == .itself)
      #expect(fixture.scratch.text("made/c") == "new\n")
      let printed = fixture.scratch.text("err")
      #expect(printed.contains("in/b: Read-only file system"))
      #expect(printed.contains("/usr: No such file"))
      #expect(podman.containers == [])
    }

    /// TERM is nothing to it, and neither it nor a record of it is left.
    @Test func whatIsKilledIsGone() throws {
      let end = try run("trap '' TERM; sleep 1000 & while :; do sleep 1; done", wall: .seconds(2))
      #expect(end.reason == .wall)
      #expect(podman.containers == [])
    }

    @Test func aProgramOrAnImageThatIsNotThere() throws {
      var missing = payload("true")
      missing.arguments = ["no-such-program"]
      fixture.runner.start(missing)
      guard case .exited(let code) = try fixture.next().status else {
        throw SpawnError(program: "podman", code: 0)
      }
      let fault = ContainerFault.find(
        Container(image: Podman.image), .podman, exit: code, printed: fixture.scratch.text("err"),
        program: "no-such-program")
      #expect(fault?.isTheTasks == true)
    }

    /// A pilot that was killed leaves records, which the next one removes; another's stay.
    @Test func theRemainsOfADeadPilot() throws {
      let gone = ProcessIdentity.current().json.replacing(pid: 1 << 22 - 1)
      for (name, process) in [("dead", gone), ("alive", ProcessIdentity.current().json)] {
        let label = "\(ContainerRemains.label)=\(String(decoding: process.compact, as: UTF8.self))"
        #expect(
          podman.ask(["create", "--name", name, "--label", label, Podman.image, "true"]) != nil)
      }
      let runtime = ContainerRuntime(.podman, path: podman.program)
      ContainerRemains(runtime: runtime, environment: Podman.environment).remove()
      #expect(podman.containers == ["alive"])
      _ = podman.ask(["rm", "--force", "alive"])
    }
  }
}

extension JSON {
  /// The identity of another process of this host.
  fileprivate func replacing(pid: Int) -> JSON {
    guard case .object(var object) = self else { return self }
    object["pid"] = .integer(pid)
    return .object(object)
  }
}

/// A podman with storage of its own and an image. Where control groups are of versions 1 and 2 mixed, which
/// its runtime refuses, it runs in a mount namespace with those of version 2 alone.
struct Podman {
  static let image = "localhost/spool-test:1"
  static let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
  /// True if a container runs here.
  static let works: Bool =
    (try? Podman().ask(["run", "--rm", "--cgroups=disabled", "--network=host", image, "true"]))
    != nil

  private let directory: TemporaryDirectory
  var program: String { directory.path + "/podman" }

  init() throws {
    directory = try TemporaryDirectory()
    let here = directory.path
    let script = """
      #!/bin/sh
      export CONTAINERS_CONF=\(here)/containers.conf
      set -- podman --root \(here)/storage --runroot \(here)/run --storage-driver=vfs "$@"
      [ -e /sys/fs/cgroup/cgroup.controllers ] && exec "$@"
      exec unshare --mount --propagation private sh -c \
        'umount -l /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup && exec "$@"' sh "$@"
      """
    // A process that may not raise its limits cannot have podman's own.
    let configuration = """
      [containers]
      default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
      [engine]
      cgroup_manager = "cgroupfs"
      events_logger = "none"
      """
    try Self.write(program, script)
    try Self.write(here + "/containers.conf", configuration)
    let build = """
      set -e; cd \(here); mkdir -p image/bin image/tmp; cp /bin/busybox image/bin/
      for name in sh cat echo sleep touch ls true; do ln image/bin/busybox image/bin/$name; done
      tar -C image -cf image.tar .; ./podman import image.tar \(Self.image)
      """
    let made = CommandOutput.capture(
      ["sh", "-c", build], environment: Self.environment, timeout: .seconds(60))
    guard made != nil else { throw SpawnError(program: "podman", code: ENOENT) }
  }

  /// What podman says to arguments; nil where it fails.
  func ask(_ arguments: [String]) -> String? {
    CommandOutput.capture(
      [program] + arguments, environment: Self.environment, timeout: .seconds(60))
  }

  /// The names of the containers that it knows.
  var containers: [String]? {
    ask(["ps", "--all", "--format", "{{.Names}}"])?.split(separator: "\n").map(String.init)
  }

  private static func write(_ path: String, _ text: String) throws {
    let descriptor = open(path, O_WRONLY | O_CREAT, 0o755)
    let bytes = Array(text.utf8)
    guard descriptor >= 0, Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
      throw SpawnError(program: path, code: errno)
    }
    close(descriptor)
  }
}
