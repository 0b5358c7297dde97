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
  /// What it says of its version.
  public var version: String
  /// True if it can put a small init before the program, which hands on TERM and waits for orphans.
  public var hasInit: Bool

  /// Makes one that is known already; ``find(_:environment:)`` looks for it.
  public init(_ kind: Kind, path: String, version: String = "", hasInit: Bool = true) {
    self.kind = kind
    self.path = path
    self.version = version
    self.hasInit = hasInit
  }

  /// The program and its version, for people.
  public var words: String {
    let words = version.split(separator: " ").last.map(String.init) ?? ""
    return words.isEmpty ? kind.rawValue : "\(kind.rawValue) \(words)"
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

  /// Looks for a runtime in `PATH` of `environment`: for one of this kind, or for the first that answers.
  /// Each has 10 seconds to do so. Returns nil if there is none.
  public static func find(
    _ kind: Kind? = nil, environment: [String: String]
  ) -> ContainerRuntime? {
    for kind in kind.map({ [$0] }) ?? Kind.allCases {
      guard let path = try? ProgramSearch.find(kind.rawValue, path: environment["PATH"]),
        let answer = CommandOutput.capture(
          [path] + question(of: kind), environment: environment, timeout: .seconds(10))
      else { continue }
      let line = answer.split(separator: "\n").first.map(String.init) ?? ""
      let hasInit = kind != .podman || podmanInits.contains { access($0, X_OK) == 0 }
      return ContainerRuntime(kind, path: path, version: line, hasInit: hasInit)
    }
    return nil
  }

  /// The places in which podman finds its init, a package of its own.
  private static let podmanInits = [
    "/usr/libexec/podman/catatonit", "/usr/local/libexec/podman/catatonit",
    "/usr/local/lib/podman/catatonit", "/usr/lib/podman/catatonit", "/usr/bin/catatonit",
  ]

  /// Returns the arguments by which a program says that it works. Docker's client works without its
  /// daemon, and is of no use then.
  private static func question(of kind: Kind) -> [String] {
    kind == .docker ? ["version", "--format", "{{.Server.Version}}"] : ["--version"]
  }
}
