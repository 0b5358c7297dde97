internal import SpoolModel

/// A container that could not be run, in words that say what to do.
public struct ContainerFault: Error, Sendable, Equatable {
  /// True if the task is to blame; else the host, its filesystems or a registry.
  public var isTheTasks: Bool
  /// What failed, why, and what to do.
  public var words: String

  /// The cause of the failure of a job.
  var cause: Cause { isTheTasks ? .program : .spawn }

  /// Returns the fault of a runtime that has ended without running `program`: by its exit code and the
  /// line in which it complains. Nil where the program ran, as far as one can know: exit codes alone do
  /// not tell, since a program may have them, too.
  static func find(
    _ container: Container, _ kind: ContainerRuntime.Kind, exit code: Int32, printed: String,
    program: String
  ) -> ContainerFault? {
    let lines = printed.split(separator: "\n")
    if let complaint = lines.last(where: isInits) { return noProgram(container, complaint) }
    guard codes(of: kind).contains(code),
      let complaint = lines.last(where: { isComplaint($0, kind) })
    else { return nil }
    let lower = complaint.lowercased()
    let isMissing = lower.contains("executable file") || lower.contains("no such file or directory")
    let isRefused = code == 126 && lower.contains("permission denied")
    if code != 125,
      isRefused || isMissing && (code == 127 || names(program, complaint))
    {
      return noProgram(container, complaint)
    }
    return ContainerFault(
      isTheTasks: false,
      words: "\(kind.rawValue) cannot run \(container.image) on this host: \(complaint)\n"
        + advice(container, kind))
  }

  private static func noProgram(
    _ container: Container, _ complaint: Substring
  ) -> ContainerFault {
    ContainerFault(
      isTheTasks: true,
      words:
        "the program cannot be run in the container \(container.image): the image must have it, "
        + "executable, at its path or in the image's PATH: \(complaint)")
  }

  /// Returns true for what the init of podman, or of docker, says where it cannot run the program.
  private static func isInits(_ line: Substring) -> Bool {
    line.hasPrefix("ERROR (catatonit:") && line.contains("failed to exec")
      || line.hasPrefix("[FATAL tini") && line.contains("exec")
  }

  /// Apptainer ends with 255 whatever has failed; the others end with 127 where there is no program.
  private static func names(_ program: String, _ complaint: Substring) -> Bool {
    complaint.contains("executable file") || !program.isEmpty && complaint.contains(" \(program):")
  }

  private static func codes(of kind: ContainerRuntime.Kind) -> ClosedRange<Int32> {
    kind == .apptainer ? 255...255 : 125...127
  }

  private static func isComplaint(_ line: Substring, _ kind: ContainerRuntime.Kind) -> Bool {
    switch kind {
    case .apptainer: line.hasPrefix("FATAL:")
    case .podman: line.hasPrefix("Error:")
    case .docker: line.hasPrefix("docker:")
    }
  }

  private static func advice(_ container: Container, _ kind: ContainerRuntime.Kind) -> String {
    container.isFile
      ? "try `apptainer exec \(container.image) true` on it"
      : "try `\(kind.rawValue) pull \(kind == .apptainer ? "docker://" : "")\(container.image)` on it, "
        + "as the user who runs the pilot"
  }
}
