internal import CSpoolSystem
internal import Glibc
internal import SpoolModel

/// The program by which a pilot runs containers.
public struct ContainerRuntime: Sendable, Equatable {
  /// The programs that are known, in the order in which they are looked for.
  public enum Kind: String, Sendable, CaseIterable {
    case apptainer, podman, docker
  }

  /// The program by its kind.
  public var kind: Kind
  /// The path of the program.
  public var path: String
  /// True if it can put a small init before the program, which hands on TERM and waits for orphans.
  public var hasInit: Bool

  /// Makes one that is known already; ``find(_:environment:)`` looks for it.
  public init(_ kind: Kind, path: String, hasInit: Bool = true) {
    self.kind = kind
    self.path = path
    self.hasInit = hasInit
  }

  /// The tags of jobs that it can run, which a pilot offers by itself.
  public var tags: [String] { Self.tags(of: kind) }

  /// Returns the tags of jobs that a runtime of this kind can run.
  public static func tags(of kind: Kind) -> [String] {
    kind == .apptainer ? [Container.fileTag, Container.tag] : [Container.tag]
  }

  /// Returns true if it can run an image.
  func runs(_ container: Container) -> Bool { tags.contains(container.neededTag) }

  /// True if what it started may be left behind when its own processes are killed: a container that a
  /// daemon runs, or the record of one.
  var leavesRemains: Bool { kind != .apptainer }

  /// Looks for a runtime in `PATH` of `environment`: for one of this kind, or for the first that is there.
  /// Docker is of no use without its daemon, so it counts where that can be reached. Nothing is run: a
  /// pilot that gets no containers has no use for what a runtime makes at its first call. Returns nil if
  /// there is none.
  public static func find(
    _ kind: Kind? = nil, environment: [String: String]
  ) -> ContainerRuntime? {
    for kind in kind.map({ [$0] }) ?? Kind.allCases {
      guard let path = try? ProgramSearch.find(kind.rawValue, path: environment["PATH"]),
        kind != .docker || hasDaemon(environment)
      else { continue }
      let hasInit = kind != .podman || podmanInits.contains { access($0, X_OK) == 0 }
      return ContainerRuntime(kind, path: path, hasInit: hasInit)
    }
    return nil
  }

  /// The places in which podman finds its init, a package of its own.
  private static let podmanInits = [
    "/usr/libexec/podman/catatonit", "/usr/local/libexec/podman/catatonit",
    "/usr/local/lib/podman/catatonit", "/usr/lib/podman/catatonit", "/usr/bin/catatonit",
  ]

  /// True if Docker's daemon is said to be elsewhere, or its socket is here and may be used.
  private static func hasDaemon(_ environment: [String: String]) -> Bool {
    ["DOCKER_HOST", "DOCKER_CONTEXT"].contains { environment[$0]?.isEmpty == false }
      || access("/var/run/docker.sock", R_OK | W_OK) == 0
  }
}
