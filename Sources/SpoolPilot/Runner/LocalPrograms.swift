import CSpoolSystem
import Glibc

/// The programs on local disk that were started before, by what names them in a payload: another start
/// of such a one takes no time, as far as one can know.
struct LocalPrograms {
  private struct Key: Hashable {
    var name: String
    var path: String?
    var directory: String

    init(_ payload: Payload) {
      name = payload.arguments.first ?? ""
      path = payload.environment["PATH"]
      directory = payload.directory
    }
  }

  /// More than one pilot's slots and programs, as a rule.
  private static let most = 4096

  /// The path of the program; nil where it is not local.
  private var programs: [Key: String?] = [:]

  /// Returns true if nothing like this payload was started before.
  func isNew(_ payload: Payload) -> Bool {
    payload.setup == nil && programs[Key(payload)] == nil
  }

  /// Returns the command of a payload whose start takes no time; nil if that is not known.
  func command(for payload: Payload) -> SetupCommand? {
    guard payload.setup == nil, let program = programs[Key(payload)] ?? nil else { return nil }
    return SetupCommand(program: program, arguments: payload.arguments)
  }

  /// Takes in what the spawner found.
  mutating func note(_ answer: PayloadSpawner.Answer) {
    guard answer.request.isNew else { return }
    if programs.count >= Self.most { programs = [:] }
    programs[Key(answer.request.payload)] = .some(answer.localProgram)
  }

  /// Forgets a program that could not be started any more.
  mutating func forget(_ payload: Payload) { programs[Key(payload)] = nil }

  /// Returns the path of a payload's program if it lies, as the directory does, on local disk, and is
  /// no script: an interpreter may lie anywhere. Blocks where a filesystem hangs.
  static func find(_ command: SetupCommand, _ payload: Payload) -> String? {
    guard payload.setup == nil, command.program.utf8.first == UInt8(ascii: "/") else { return nil }
    let program = open(command.program, O_RDONLY | O_CLOEXEC)
    let directory = open(payload.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer {
      close(program)
      close(directory)
    }
    var start = [UInt8](repeating: 0, count: 4)
    guard spool_is_local(program) != 0, spool_is_local(directory) != 0,
      read(program, &start, 4) == 4, start == [0x7F] + Array("ELF".utf8)
    else { return nil }
    return command.program
  }
}
