internal import Glibc
internal import SpoolModel
internal import SpoolPilot
internal import SpoolStore

/// The look at a command's program on this machine. The pilots' machines may have others, but most
/// often a program that cannot run here runs nowhere.
struct ProgramCheck {
  /// What was found.
  enum Look: Equatable {
    /// Nothing is wrong, or nothing is known.
    case runs
    /// It is not there, or what it needs; the words say what.
    case lacks(String)
    /// It is there and cannot be run; the words say why.
    case cannot(String)

    var isSure: Bool { if case .cannot = self { true } else { false } }

    var words: String {
      switch self {
      case .runs: ""
      case .lacks(let words), .cannot(let words): words
      }
    }
  }

  let look: Look

  /// Looks for a program as a pilot would whose `PATH` is `path`. `program` is nil where only the pilot
  /// can know it, `directory` where it runs in a scratch directory.
  init(_ program: String?, directory: String?, path: String?) {
    guard let program, !program.isEmpty else {
      look = .runs
      return
    }
    guard program.contains("/") else {
      look = Self.search(program, path)
      return
    }
    guard program.hasPrefix("/") || directory != nil else {
      look = .lacks("\(program) is relative, and the scratch directory in which it runs is empty")
      return
    }
    look = Self.look(
      at: program.hasPrefix("/") ? program : "\(directory ?? "")/\(program)", program)
  }

  private static func search(_ program: String, _ path: String?) -> Look {
    do throws(SpawnError) {
      return Self.look(at: try ProgramSearch.find(program, path: path), program)
    } catch {
      let words = "there is no program \(program) in PATH here"
      return .lacks(error.code == EACCES ? "\(words) that may be executed" : words)
    }
  }

  private static func look(at path: String, _ program: String) -> Look {
    var status = stat()
    guard stat(path, &status) == 0 else { return .lacks("there is no program \(path) here") }
    if status.st_mode & S_IFMT == S_IFDIR {
      return .cannot("\(path) is a directory, not a program")
    }
    guard status.st_mode & 0o111 != 0 else {
      return .cannot("\(path) is not executable: `chmod +x \(path)`, or name its interpreter")
    }
    return script(path)
  }

  /// Looks at the first line of a script. What is not text is left to the kernel.
  private static func script(_ path: String) -> Look {
    guard let file = try? PosixFileSystem().open(path, .read),
      let head = try? file.read(at: 0, count: 256), !head.isEmpty
    else { return .runs }
    try? file.close()
    let line = head.prefix { $0 != 10 }
    guard line.starts(with: Array("#!".utf8)) else {
      let isText = head.allSatisfy { $0 >= 32 && $0 < 127 || (9...13).contains($0) }
      return isText
        ? .lacks("\(path) has no #! in its first line, so the system cannot run it") : .runs
    }
    if line.last == 13 {
      return .cannot(
        "\(path) has line ends of Windows (CRLF): `sed -i 's/\\r$//' \(path)` mends it")
    }
    let words = String(decoding: line.dropFirst(2), as: UTF8.self).split(separator: " ")
    guard let interpreter = words.first, interpreter.hasPrefix("/"),
      access(String(interpreter), X_OK) != 0
    else { return .runs }
    return .lacks("there is no \(interpreter) here, the interpreter of \(path)")
  }
}
