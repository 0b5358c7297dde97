import Glibc
import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

/// Tests that start real processes: one after another, for each of them wants the whole machine.
@Suite(.serialized) enum CommandTests {
  /// Whether there is time for the long form of tests: SPOOL_LONG=1.
  static let isLong = getenv("SPOOL_LONG") != nil
}

/// A directory of a test's own with a spool in it, and the programs that work there. The path has
/// a space and a letter that is not ASCII, as users' have.
final class Lab {
  let path: String
  let bell: Bell
  /// Nil where the directory is another lab's.
  private let directory: TemporaryDirectory?
  /// Where what programs say is kept.
  private let said: String
  /// What every program gets as its environment.
  var environment: [String: String]
  private var programs: [Program] = []
  /// What comes before every command.
  private var prefix: [String] = []
  private var cleanUps: [() async -> Void] = []
  private var count = 0

  /// Where the programs under test are: beside the tests.
  static let products: String = {
    var path = [CChar](repeating: 0, count: 4096)
    let length = readlink("/proc/self/exe", &path, path.count)
    let text = String(
      decoding: path.prefix(max(0, length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return String(text[..<(text.lastIndex(of: "/") ?? text.startIndex)])
  }()

  /// The package's own directory.
  static let package: String = {
    #filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 }
  }()

  private init(in directory: TemporaryDirectory?, path: String, said: String) throws {
    self.directory = directory
    self.path = path
    self.said = path + said
    bell = try Bell()
    environment = [
      "PATH": "\(Self.products):/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8",
      "TMPDIR": path + "/tmp", "HOME": path,
    ]
    for name in ["", "/tmp", "/said", said] { try files.ensureDirectory(path + name) }
    bell.watch(path)
  }

  private convenience init(_ config: SpoolConfig?) throws {
    let directory = try TemporaryDirectory()
    try self.init(in: directory, path: directory.path + "/läb 1", said: "/said")
    if let config {
      try Spool.create(spool, files: files, config: config)
      watchSpool()
    }
  }

  /// Runs a test in a lab with a spool, or without one where `config` is nil. Whatever it started is
  /// gone afterwards, last first.
  static func run(
    _ config: SpoolConfig? = .quick, isolation: isolated (any Actor)? = #isolation,
    _ body: (Lab) async throws -> Void
  ) async throws {
    try await run(in: { try Lab(config) }, isolation: isolation, body)
  }

  /// Runs a test in a lab that others use, too, under a name that only it has.
  static func visit(
    _ path: String, as name: String, isolation: isolated (any Actor)? = #isolation,
    _ body: (Lab) async throws -> Void
  ) async throws {
    try await run(
      in: {
        let lab = try Lab(in: nil, path: path, said: "/said/\(name)")
        lab.watchSpool()
        return lab
      }, isolation: isolation, body)
  }

  private static func run(
    in make: () throws -> Lab, isolation: isolated (any Actor)?, _ body: (Lab) async throws -> Void
  ) async throws {
    let lab = try make()
    do {
      try await body(lab)
    } catch {
      Issue.record(Comment(rawValue: lab.story))
      await lab.end()
      throw error
    }
    await lab.end()
  }

  var spool: String { path + "/spool" }
  var files: PosixFileSystem { PosixFileSystem() }

  /// Rings at changes in the spool's directories.
  func watchSpool() {
    bell.watch(spool)
    for directory in Layout(root: spool).directories { bell.watch(directory) }
  }

  /// Makes the programs that are started from now on those of an ordinary user, of no name. What root may
  /// do everywhere, users may not. Without effect where the tests are an ordinary user's.
  func becomeOrdinary() throws {
    guard getuid() == 0 else { return }
    let user = "54321"
    prefix = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"]
    try giveAway(directory?.path ?? path, to: 54321)
  }

  private func giveAway(_ path: String, to user: uid_t) throws {
    try #require(lchown(path, user, user) == 0)
    guard try files.attributes(of: path).kind == .directory else { return }
    for name in try files.list(path, fresh: false).names {
      try giveAway("\(path)/\(name)", to: user)
    }
  }

  func cleanUp(_ body: @escaping () async -> Void) { cleanUps.append(body) }

  private func end() async {
    for body in cleanUps.reversed() { await body() }
    for program in programs.reversed() {
      // Two, that do not count as one: a pilot gives back at once. A stopped one must go on first.
      for number in [SIGTERM, SIGINT, SIGCONT] { program.signal(number) }
      if await !hasEnded(program, within: 10) {
        program.signal(SIGKILL)
        _ = await hasEnded(program, within: 10)
      }
    }
    bell.stop()
  }

  // MARK: Programs

  /// Starts `spool` with arguments.
  func start(_ arguments: String..., directory: String? = nil) throws -> Program {
    try launch([Self.products + "/spool"] + arguments, directory: directory)
  }

  func launch(_ arguments: [String], directory: String? = nil) throws -> Program {
    count += 1
    let program = try Program(
      Program.Start(
        arguments: prefix + arguments, environment: environment, directory: directory ?? path,
        output: "\(said)/\(count).out", errors: "\(said)/\(count).err"),
      bell: bell)
    programs.append(program)
    return program
  }

  /// What a program said, and how it ended.
  struct Ended {
    var code: Int32
    var output: String
    var errors: String
    /// Both, to look for a word in.
    var said: String { output + errors }
  }

  /// Runs `spool` to its end.
  func spool(_ arguments: String..., directory: String? = nil) async throws -> Ended {
    try await end(of: launch([Self.products + "/spool"] + arguments, directory: directory))
  }

  /// Runs a line in the shell to its end.
  func shell(_ line: String) async throws -> Ended {
    try await end(of: launch(["/bin/sh", "-c", line]))
  }

  func end(of program: Program, within seconds: Int = 60) async throws -> Ended {
    try await waitFor("the end of \(program.name)", within: seconds) { program.code != nil }
    return Ended(
      code: try #require(program.code), output: text(program.outputPath),
      errors: text(program.errorPath))
  }

  /// Kills a program, and waits until it is gone.
  func kill(_ program: Program) async throws {
    program.signal(SIGKILL)
    #expect(try await end(of: program).code == 128 + SIGKILL)
  }

  private func hasEnded(_ program: Program, within seconds: Int) async -> Bool {
    let deadline = Waker.now() + UInt64(seconds) * 1_000_000_000
    while program.code == nil, Waker.now() < deadline { await bell.next() }
    return program.code != nil
  }

  // MARK: Waiting

  /// Looks at a condition whenever something has happened, until it holds.
  func waitFor(
    _ what: String, within seconds: Int = 90, sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () throws -> Bool
  ) async throws {
    let deadline = Waker.now() + UInt64(seconds) * 1_000_000_000
    while try !condition() {
      try #require(
        Waker.now() < deadline, "not within \(seconds) s: \(what)", sourceLocation: sourceLocation)
      await bell.next()
    }
  }

  /// What the programs said last, for whoever has to find out what went wrong.
  private var story: String {
    let said = programs.map { program in
      "--- \(program.name): \(program.code.map { "ended with \($0)" } ?? "alive")\n"
        + text(program.outputPath).suffix(1000) + text(program.errorPath).suffix(2000)
    }
    return (["what the programs said:"] + said + ["--- STATUS", text(spool + "/STATUS")])
      .joined(separator: "\n")
  }
}

extension SpoolConfig {
  /// Short times for tests, but none that a busy machine could miss.
  static var quick: SpoolConfig {
    var config = SpoolConfig()
    config.heartbeat = .milliseconds(200)
    config.partGrace = .milliseconds(300)
    return config
  }
}
