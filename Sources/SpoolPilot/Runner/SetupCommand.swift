import Glibc
internal import SpoolModel

/// What is executed for a payload: its own program or, if it has a setup, a shell that sources the
/// setup and then becomes the program; or the runtime of its container.
struct SetupCommand {
  /// The path of the program.
  let program: String
  /// The arguments, the first of which is the program's name.
  let arguments: [String]
  /// The environment, where it is not the payload's own.
  var environment: [String: String]?
  /// The names of the variables that hold the payload's mark.
  var markNames = [PayloadMark.variable]

  /// Makes the command of a program that was found before, without a setup.
  init(program: String, arguments: [String]) {
    self.program = program
    self.arguments = arguments
  }

  /// Makes the command that runs a payload in its container. Fails for an image that is not there.
  private init(
    _ payload: Payload, in container: PayloadContainer, umask: UInt32
  ) throws(SpawnError) {
    let mounts: ContainerMounts
    do throws(ContainerFault) {
      try container.lookForImage()
      mounts = try ContainerMounts(container)
    } catch {
      throw SpawnError(error, program: container.container.image)
    }
    var user = ContainerCommand.User()
    user.umask = umask
    let command = ContainerCommand(payload, container, mounts: mounts.mounts, user: user)
    program = container.runtime.path
    arguments = command.arguments
    environment = command.environment
    markNames = command.markNames
  }

  /// Looks the program up; fails for one that is not there, and for a setup that cannot be read.
  init(_ payload: Payload, umask: UInt32 = 0o022) throws(SpawnError) {
    let name = payload.arguments.first ?? ""
    if name.utf8.contains(0) { throw SpawnError(program: name, code: EINVAL) }
    if let container = payload.container {
      self = try SetupCommand(payload, in: container, umask: umask)
      return
    }
    let path = payload.environment["PATH"]
    guard let setup = payload.setup else {
      program = try ProgramSearch.find(name, path: path)
      arguments = payload.arguments
      return
    }
    var status = stat()
    guard stat(setup, &status) == 0, access(setup, R_OK) == 0 else {
      throw SpawnError(program: Self.name(setup), code: errno)
    }
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw SpawnError(program: Self.name(setup), code: EISDIR)
    }
    // Many setups are written for bash.
    let bash = Result { () throws(SpawnError) in try ProgramSearch.find("bash", path: path) }
    if case .success(let found) = bash {
      program = found
      arguments = ["bash", "-c", Self.trap + Self.bash, setup] + payload.arguments
    } else {
      program = try ProgramSearch.find("sh", path: path)
      arguments = ["sh", "-c", Self.trap + Self.shell, setup] + payload.arguments
    }
  }

  private static func name(_ setup: String) -> String { "the setup \(setup)" }

  /// Says that the setup was the shell's end, if it was: also if it has called `exit`, even with 0.
  private static let trap = """
    trap 'spool_code=$?
    echo "spool: the setup $0 ended with exit code $spool_code, and the command was not started" >&2
    [ $spool_code -ne 0 ] || spool_code=1
    exit $spool_code' EXIT

    """

  /// Sources the setup without arguments: a setup may look at its arguments, and those of the program
  /// are none of its own. A function would do, but for variables that the setup declares.
  private static let bash = """
    spool_command=("$@")
    set --
    . "$0"
    spool_code=$?
    [ $spool_code -eq 0 ] || exit $spool_code
    trap - EXIT
    exec "${spool_command[@]}"
    """

  /// The same without arrays. In this shell a function makes no variable local unasked.
  private static let shell = """
    spool_setup() { . "$0"; }
    spool_setup
    spool_code=$?
    [ $spool_code -eq 0 ] || exit $spool_code
    trap - EXIT
    exec "$@"
    """
}
