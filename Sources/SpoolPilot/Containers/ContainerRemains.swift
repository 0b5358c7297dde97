internal import SpoolModel
internal import SpoolStore

/// The containers that pilots of this host have left behind: their processes died with the pilot, by the
/// guardian, but the runtime keeps a record of each.
struct ContainerRemains {
  /// The label with the process of the pilot that started a container.
  static let label = "spool.process"

  let runtime: ContainerRuntime
  let environment: [String: String]

  /// Removes the containers of pilots that are gone. Nothing is done about one whose pilot may be alive,
  /// or runs on another host. Blocks.
  func remove() {
    let names = ask(["ps", "--all", "--filter", "label=\(Self.label)", "--format", "{{.Names}}"])
    for name in names.prefix(1000) {
      let value = ask(["inspect", "--format", "{{index .Config.Labels \"\(Self.label)\"}}", name])
      guard let text = value.first, let process = try? JSON.parse(Array(text.utf8)),
        ProcessIdentity.isGone(process) == true
      else { continue }
      remove(name)
    }
  }

  /// Ends a container and removes it, if it is there. Blocks, for 30 seconds at the most.
  func remove(_ name: String) {
    _ = ask(Self.removal(of: name, runtime.kind))
  }

  private func ask(_ arguments: [String]) -> [String] {
    let output = CommandOutput.capture(
      [runtime.path] + arguments, environment: environment, timeout: .seconds(30))
    return (output ?? "").split(separator: "\n").map(String.init)
  }

  /// Returns the arguments that end a container and remove it, if it is there.
  static func removal(of name: String, _ kind: ContainerRuntime.Kind) -> [String] {
    ["rm", "--force"] + (kind == .podman ? ["--ignore"] : []) + [name]
  }
}
