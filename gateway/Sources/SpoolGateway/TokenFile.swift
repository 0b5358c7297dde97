internal import Glibc
public import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// A file of tokens, to which another is added.
public struct TokenFile {
  private let path: String

  /// Names a file, which need not be there.
  public init(_ path: String) { self.path = path }

  /// The roles that a token may have.
  public static var roles: [String] { Role.allCases.map(\.text) }

  /// A token that was made.
  public struct Made {
    /// The token, which nobody knows but who gets it.
    public var token: String
    /// The line of the file that lets it in.
    public var line: String
  }

  /// Makes a token at random.
  public static func make(name: String, role: String) throws(Failure) -> Made {
    guard Name(name) != nil else {
      throw Failure(.usage, "\"\(name)\" is no name for a token: \(Name.rule)")
    }
    guard let role = Role(role) else {
      throw Failure(
        .usage, "\"\(role)\" is no role: expected \(roles.joined(separator: ", "))")
    }
    let (token, entry) = Tokens.make(name: name, role: role)
    return Made(token: token, line: entry.line)
  }

  /// Adds a line to the file, which only its owner may read. Fails where the name has a line already.
  public func add(_ made: Made) throws(Failure) {
    let files = PosixFileSystem()
    do {
      let old = try files.readIfPresent(path, limit: 1 << 20) ?? []
      let text = String(decoding: old, as: UTF8.self)
      let whole = (text.isEmpty || text.hasSuffix("\n") ? text : text + "\n") + made.line + "\n"
      _ = try Tokens(whole)
      let isNew = old.isEmpty
      try files.replace(path, Array(whole.utf8), durable: true)
      if isNew { chmod(path, 0o600) }
    } catch let error as RequestError {
      throw Failure(.usage, "\(path): \(error)")
    } catch {
      throw Failure(.unavailable, "\(error)")
    }
  }
}
