import Glibc
internal import SpoolModel

/// The command by which a runtime runs a payload in its container: the program's own, with the same
/// directory, files, user and environment as without a container. A function of the payload but for
/// the mounts, which are given.
///
/// 1. Processes are the pilot's to see and to end: they are below its own, and in its control group
///    (apptainer, podman). What a daemon runs (docker) ends with the container's name.
/// 2. The program is what the task says, whatever the image would run by itself.
/// 3. Of the pilot's own environment the payload gets nothing. Values do not stand in the arguments,
///    which everybody can read, but for names that would change how the runtime itself works.
struct ContainerCommand {
  /// The arguments, the first of which is the program's name.
  private(set) var arguments: [String] = []
  /// The environment of the runtime.
  private(set) var environment: [String: String]
  /// The names by which the environment holds the payload's mark.
  private(set) var markNames = [PayloadMark.variable]

  private let payload: Payload
  private let container: PayloadContainer
  private let mounts: [ContainerMounts.Mount]

  /// The user and the groups that files are to belong to.
  struct User {
    var uid = geteuid()
    var gid = getegid()
    var groups = ContainerCommand.groups()
    var umask: UInt32 = 0o022
  }

  private let user: User

  init(
    _ payload: Payload, _ container: PayloadContainer, mounts: [ContainerMounts.Mount], user: User
  ) {
    self.payload = payload
    self.container = container
    self.mounts = mounts
    self.user = user
    environment = container.host
    switch container.runtime.kind {
    case .apptainer: makeApptainer()
    case .podman, .docker: makeEngine(container.runtime.kind)
    }
  }

  // MARK: Apptainer

  private mutating func makeApptainer() {
    arguments = ["apptainer", "exec", "--cleanenv", "--contain"]
    arguments += ["--home", payload.environment["HOME"] ?? container.scratch]
    // Else /tmp and /var/tmp have 64 MB of memory.
    arguments += ["--workdir", container.scratch, "--pwd", payload.directory]
    if container.gpus?.isEmpty == false { arguments.append("--nv") }
    addMounts()
    for (name, value) in payload.environment where name != "HOME" {
      environment["APPTAINERENV_\(name)"] = value
    }
    markNames.append("APPTAINERENV_\(PayloadMark.variable)")
    let image = container.container
    arguments.append(image.isFile ? image.image : "docker://\(image.image)")
    arguments += payload.arguments
  }

  // MARK: Podman and Docker

  private mutating func makeEngine(_ kind: ContainerRuntime.Kind) {
    arguments = [
      kind.rawValue, "run", "--rm", "--name", container.name, "--label",
      "\(ContainerRemains.label)=\(String(decoding: container.process.compact, as: UTF8.self))",
      "--network=host", "--ipc=host",
      "--log-driver=none", "--security-opt", "label=disable",
    ]
    if container.runtime.hasInit { arguments.append("--init") }
    arguments += ["--workdir", payload.directory, "--user", "\(user.uid):\(user.gid)"]
    if kind == .podman { addPodman() } else { addDocker() }
    for gpu in container.gpus ?? [] { arguments += ["--device", "nvidia.com/gpu=\(gpu)"] }
    addMounts()
    addVariables()
    arguments += ["--entrypoint", payload.arguments.first ?? "", container.container.image]
    arguments += payload.arguments.dropFirst()
  }

  private mutating func addPodman() {
    let digits = String(user.umask, radix: 8)
    let umask = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    arguments += ["--cgroups=disabled", "--umask", umask]
    if user.uid != 0 { arguments += ["--userns=keep-id", "--group-add=keep-groups"] }
  }

  /// Docker's processes are not the pilot's, and their memory is not seen: the daemon keeps the limit.
  private mutating func addDocker() {
    arguments += ["--memory", "\(payload.memory)b", "--memory-swap", "\(payload.memory)b"]
    if !payload.cores.isEmpty {
      arguments += ["--cpuset-cpus", payload.cores.map(String.init).joined(separator: ",")]
    }
    for group in user.groups where group != user.gid { arguments += ["--group-add", "\(group)"] }
  }

  private mutating func addVariables() {
    var variables = payload.environment
    // Of the GPUs it has only its own, numbered anew.
    if let gpus = container.gpus, gpus.allSatisfy({ $0.allSatisfy(\.isNumber) }) {
      variables["CUDA_VISIBLE_DEVICES"] =
        gpus.indices.map(String.init).joined(separator: ",")
    }
    arguments += ["--env", PayloadMark.variable]
    for (name, value) in variables.sorted(by: { $0.key < $1.key }) {
      if steersRuntime(name) {
        arguments += ["--env", "\(name)=\(value)"]
      } else {
        environment[name] = value
        arguments += ["--env", name]
      }
    }
  }

  /// Returns true for a variable that the runtime itself, or the loader, would heed.
  private func steersRuntime(_ name: String) -> Bool {
    container.host[name] != nil || ["HOME", "PATH", "TMPDIR", "PWD"].contains(name)
      || Self.prefixes.contains(where: name.hasPrefix)
  }

  private static let prefixes = [
    "LD_", "DOCKER_", "PODMAN_", "CONTAINER", "BUILDAH_", "STORAGE_", "REGISTRY_", "XDG_", "DBUS_",
    "_", "GO", "SSL_", "NOTIFY_", "LISTEN_", "HTTP", "http", "NO_PROXY", "no_proxy",
  ]

  // MARK: Mounts

  private mutating func addMounts() {
    for mount in mounts {
      let fields = ["type=bind", "source=\(mount.path)", "destination=\(mount.path)"]
      let words = fields + (mount.isReadOnly ? ["ro"] : [])
      arguments += ["--mount", words.map(Self.field).joined(separator: ",")]
    }
  }

  /// Returns a field as the lists of mounts, which are CSV, have it.
  private static func field(_ text: String) -> String {
    guard text.contains(where: { $0 == "," || $0 == "\"" }) else { return text }
    return "\""
      + text.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\"\"") + "\""
  }

  /// Returns the supplementary groups of this process.
  private static func groups() -> [gid_t] {
    var groups = [gid_t](repeating: 0, count: 1024)
    let count = getgroups(Int32(groups.count), &groups)
    return count > 0 ? Array(groups.prefix(Int(count))) : []
  }
}
