import SpoolModel
import Testing

@testable import SpoolPilot

/// The arguments that a runtime gets: each says what the payload sees, as whom, and what ends it.
struct ContainerCommandTests {
  private func command(
    _ kind: ContainerRuntime.Kind, image: String = "debian:12", gpus: [String]? = nil,
    environment: [String: String] = [:], uid: UInt32 = 1000, hasInit: Bool = true
  ) -> ContainerCommand {
    let container = PayloadContainer(
      Container(image: image),
      by: ContainerRuntime(kind, path: "/bin/\(kind)", hasInit: hasInit), name: "spool-t.0-a1-p",
      scratch: "/scratch/slot0", host: ["PATH": "/host", "HOME": "/home/u"], gpus: gpus,
      writable: [])
    var payload = Payload(
      id: 1, arguments: ["reco", "-x", "/d/in"], environment: environment, directory: "/w",
      output: "/o", errorOutput: "/e", wall: .seconds(1), memory: 300_000_000)
    payload.container = container
    var user = ContainerCommand.User()
    user.uid = uid
    user.gid = 100
    user.groups = [100, 7]
    user.umask = 0o027
    let mounts = [
      ContainerMounts.Mount(path: "/d/a,b", isReadOnly: true),
      ContainerMounts.Mount(path: "/out", isReadOnly: false),
    ]
    return ContainerCommand(payload, container, mounts: mounts, user: user)
  }

  private let mounts = [
    "--mount", #"type=bind,"source=/d/a,b","destination=/d/a,b",ro"#,
    "--mount", "type=bind,source=/out,destination=/out",
  ]

  @Test func apptainer() {
    let made = command(
      .apptainer, image: "/x.sif", gpus: ["1"],
      environment: ["A": "1,2", "HOME": "/scratch/slot0/work", "PATH": "/p"])
    #expect(
      made.arguments == [
        "apptainer", "exec", "--cleanenv", "--contain", "--home", "/scratch/slot0/work",
        "--workdir", "/scratch/slot0", "--pwd", "/w", "--nv",
      ] + mounts + ["/x.sif", "reco", "-x", "/d/in"])
    #expect(
      made.environment == [
        "PATH": "/host", "HOME": "/home/u", "APPTAINERENV_A": "1,2", "APPTAINERENV_PATH": "/p",
      ])
    #expect(made.markNames == ["SPOOL_PAYLOAD", "APPTAINERENV_SPOOL_PAYLOAD"])
    #expect(
      command(.apptainer).arguments.suffix(4) == ["docker://debian:12", "reco", "-x", "/d/in"])
    #expect(!command(.apptainer, gpus: []).arguments.contains("--nv"))
  }

  @Test func podman() {
    let made = command(
      .podman, gpus: ["2", "3"],
      environment: ["A": "secret", "PATH": "/p", "LD_PRELOAD": "x", "CUDA_VISIBLE_DEVICES": "2,3"])
    #expect(
      made.arguments == [
        "podman", "run", "--rm", "--name", "spool-t.0-a1-p", "--label", "spool.process=null",
        "--network=host", "--ipc=host", "--log-driver=none", "--security-opt", "label=disable",
        "--init", "--workdir", "/w", "--user", "1000:100", "--cgroups=disabled", "--umask", "0027",
        "--userns=keep-id", "--group-add=keep-groups", "--device", "nvidia.com/gpu=2", "--device",
        "nvidia.com/gpu=3",
      ] + mounts + [
        "--env", "SPOOL_PAYLOAD", "--env", "A", "--env", "CUDA_VISIBLE_DEVICES", "--env",
        "LD_PRELOAD=x", "--env", "PATH=/p", "--entrypoint", "reco", "debian:12", "-x", "/d/in",
      ])
    // Others read arguments, and not this.
    #expect(made.environment["A"] == "secret")
    #expect(made.environment["PATH"] == "/host")
    #expect(made.environment["LD_PRELOAD"] == nil)
    #expect(made.environment["CUDA_VISIBLE_DEVICES"] == "0,1")
    let root = command(.podman, uid: 0, hasInit: false).arguments
    #expect(!root.contains("--userns=keep-id") && !root.contains("--init"))
  }

  @Test func docker() {
    let made = command(
      .docker, gpus: ["GPU-1"], environment: ["CUDA_VISIBLE_DEVICES": "GPU-1"])
    #expect(
      made.arguments == [
        "docker", "run", "--rm", "--name", "spool-t.0-a1-p", "--label", "spool.process=null",
        "--network=host", "--ipc=host", "--log-driver=none", "--security-opt", "label=disable",
        "--init", "--workdir", "/w", "--user", "1000:100", "--memory", "300000000b",
        "--memory-swap", "300000000b", "--group-add", "7", "--device", "nvidia.com/gpu=GPU-1",
      ] + mounts + [
        "--env", "SPOOL_PAYLOAD", "--env", "CUDA_VISIBLE_DEVICES", "--entrypoint", "reco",
        "debian:12", "-x", "/d/in",
      ])
    #expect(made.environment["CUDA_VISIBLE_DEVICES"] == "GPU-1")
    #expect(ContainerRemains.removal(of: "n", .docker) == ["rm", "--force", "n"])
    #expect(ContainerRemains.removal(of: "n", .podman) == ["rm", "--force", "--ignore", "n"])
  }

  @Test func onlyApptainerRunsFiles() {
    for kind in ContainerRuntime.Kind.allCases {
      let runtime = ContainerRuntime(kind, path: "/bin/x")
      #expect(runtime.runs(Container(image: "debian:12")))
      #expect(runtime.runs(Container(image: "/x.sif")) == (kind == .apptainer))
    }
  }
}

/// What a payload in a container sees of the host.
struct ContainerMountsTests {
  private func mounts(
    inputs: [String] = [], writable: [String] = [], others: [String] = [],
    links: [String: String] = [:]
  ) throws -> [String] {
    try ContainerMounts(
      inputs: inputs, writable: writable, others: others, resolve: { links[$0] ?? $0 }
    ).mounts.map { $0.path + ($0.isReadOnly ? ":ro" : "") }
  }

  @Test func directoriesOfInputsAndOutputs() throws {
    #expect(
      try mounts(inputs: ["/d/a", "/d/b", "/d/s/c", "/e/f"], writable: ["/o", "/o/p"])
        == ["/d:ro", "/e:ro", "/o"])
    #expect(try mounts(inputs: ["/d/a"], writable: ["/d/o"]) == ["/d:ro", "/d/o"])
    #expect(try mounts(inputs: ["/d/i/a"], writable: ["/d"]) == ["/d", "/d/i:ro"])
    #expect(
      try mounts(inputs: ["/d/a", "/d/b"], writable: ["/d"]) == ["/d", "/d/a:ro", "/d/b:ro"])
    #expect(
      try mounts(inputs: ["/d/i/a"], writable: ["/d", "/d/i/o"])
        == ["/d", "/d/i:ro", "/d/i/o"])
    #expect(try mounts(inputs: ["/c/x/a"], others: ["/c"]) == ["/c:ro"])
    #expect(try mounts(inputs: ["/da/a"], writable: ["/d"]) == ["/d", "/da:ro"])
  }

  @Test func linksAreSeenWithWhatTheyLeadTo() throws {
    #expect(try mounts(inputs: ["/l/a"], links: ["/l/a": "/store/7"]) == ["/l:ro", "/store:ro"])
  }

  /// The image's own directories stay.
  @Test func theImagesOwn() throws {
    #expect(try mounts(inputs: ["/a", "/etc/hosts"]) == ["/a:ro", "/etc/hosts:ro"])
    for path in ["/", "/usr", "/etc", "/proc"] {
      do {
        _ = try mounts(writable: [path])
        Issue.record("\(path) is mounted")
      } catch let fault as ContainerFault {
        #expect(fault.isTheTasks && fault.words.contains("write to \(path),"))
      }
    }
  }

  @Test func manyInputs() throws {
    let files = (0..<10_000).map { "/d/\($0)" }
    #expect(try mounts(inputs: files) == ["/d:ro"])
    #expect(try mounts(inputs: files, writable: ["/d"]).count == 501)
    let everywhere = (0..<5000).map { "/d\($0)/f" }
    #expect(throws: ContainerFault.self) { try mounts(inputs: everywhere) }
  }
}

/// Who is to blame when no program has run.
struct ContainerFaultTests {
  private func blame(
    _ kind: ContainerRuntime.Kind, _ code: Int32, _ printed: String, image: String = "a"
  ) -> Bool? {
    ContainerFault.find(
      Container(image: image), kind, exit: code, printed: printed, program: "/opt/x")?.isTheTasks
  }

  @Test func theHost() {
    #expect(
      blame(.podman, 125, "Trying to pull a...\nError: initializing source docker://a: …") == false)
    #expect(blame(.podman, 126, "Error: crun: setrlimit: Operation not permitted") == false)
    #expect(blame(.docker, 125, "docker: Error response from daemon: manifest unknown.") == false)
    #expect(blame(.docker, 125, "docker: Cannot connect to the Docker daemon at unix:///") == false)
    #expect(
      blame(.apptainer, 255, "FATAL:   could not open image /x.sif: no such file", image: "/x.sif")
        == false)
    let fault = ContainerFault.find(
      Container(image: "a"), .podman, exit: 125, printed: "Error: no such host",
      program: "x")
    #expect(fault?.words.contains("no such host\ntry `podman pull a`") == true)
    #expect(fault?.cause == .spawn)
  }

  @Test func theTask() {
    #expect(
      blame(
        .podman, 127,
        "Error: crun: executable file `x` not found in $PATH: No such file or directory: OCI runtime attempted"
      ) == true)
    #expect(blame(.podman, 126, "Error: crun: open executable: permission denied: OCI") == true)
    #expect(
      blame(.podman, 1, "ERROR (catatonit:2): failed to exec pid1: No such file or directory")
        == true)
    #expect(
      blame(.docker, 127, "[FATAL tini (7)] exec x failed: No such file or directory") == true)
    #expect(
      blame(
        .docker, 127,
        #"docker: Error response from daemon: exec: "x": executable file not found in $PATH"#)
        == true)
    #expect(blame(.apptainer, 255, #"FATAL:   "x": executable file not found in $PATH"#) == true)
    #expect(blame(.apptainer, 255, "FATAL:   stat /opt/x: no such file or directory") == true)
  }

  /// A program's own exit code, and words, are its own.
  @Test func nobody() {
    #expect(blame(.podman, 125, "my own words") == nil)
    #expect(blame(.podman, 3, "Error: in data") == nil)
    #expect(blame(.apptainer, 1, "FATAL: in data") == nil)
    #expect(blame(.docker, 127, "Error: in data") == nil)
  }
}
