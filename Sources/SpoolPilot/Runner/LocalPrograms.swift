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

  /// Where the program of a payload lies.
  enum Place: Equatable {
    /// Nothing like the payload was started before.
    case unknown
    /// On local disk, at this path: a start takes no time.
    case local(String)
    /// Anywhere else, as far as is known.
    case elsewhere
  }

  private var places: [Key: Place] = [:]

  /// Returns where the program of a payload lies. That of a setup, or in a container, is not looked for.
  func place(of payload: Payload) -> Place {
    payload.setup == nil && payload.container == nil ? places[Key(payload)] ?? .unknown : .elsewhere
  }

  /// Takes in what the spawner found.
  mutating func note(_ answer: PayloadSpawner.Answer) {
    guard answer.request.isNew else { return }
    if places.count >= Self.most { places = [:] }
    places[Key(answer.request.payload)] = answer.localProgram.map { .local($0) } ?? .elsewhere
  }

  /// Forgets a program that could not be started any more.
  mutating func forget(_ payload: Payload) { places[Key(payload)] = nil }

  /// Returns the path of a payload's program if it lies, as the directory does, on local disk, and is
  /// no script: an interpreter may lie anywhere. Blocks where a filesystem hangs.
  static func find(_ command: SetupCommand, _ payload: Payload) -> String? {
    guard command.program.utf8.first == UInt8(ascii: "/") else { return nil }
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
