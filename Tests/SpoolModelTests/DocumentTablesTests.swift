import FoundationEssentials
import SpoolModel
import Testing

/// A table of a page, found by the comment before it: `<!-- table: task -->`.
struct DocumentTable {
  struct NoSuchTable: Error { var name: String }

  /// The cells of each row, without the header.
  var rows: [[String]] = []

  static let format = "docs/FORMAT.md"
  static let package = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  /// A file of the package, line by line.
  static func lines(_ path: String) throws -> [Substring] {
    let contents = FileManager.default.contents(atPath: "\(package)/\(path)")
    return String(decoding: try #require(contents, "\(path)"), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
  }

  init(_ name: String, in page: String = Self.format) throws {
    let lines = try Self.lines(page)
    guard let mark = lines.firstIndex(of: "<!-- table: \(name) -->") else {
      throw NoSuchTable(name: name)
    }
    let table = lines[(mark + 1)...].drop { $0.isEmpty }.prefix { $0.hasPrefix("|") }
    // The header and the line below it.
    rows = table.dropFirst(2).map { line in
      line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
        .map { String($0).trimmingBlanks }
    }
    guard !rows.isEmpty else { throw NoSuchTable(name: name) }
  }

  /// What stands in backticks in a cell.
  static func code(_ cell: String) -> [String] {
    cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .filter { $0.offset % 2 == 1 }.map { String($0.element) }
  }

  /// The keys in the first column of the rows that `isMeant` picks.
  func keys(where isMeant: ([String]) -> Bool = { _ in true }) -> [String] {
    rows.filter(isMeant).flatMap { Self.code($0[0]) }
  }

  /// The keys of the object itself (`""`), or of one in it (`"resources"`).
  func keys(of object: String) -> Set<String> {
    Set(
      keys().compactMap { key in
        let parts = key.split(separator: ".")
        if object.isEmpty { return parts.first.map(String.init) }
        return parts.count == 2 && parts[0] == object ? String(parts[1]) : nil
      })
  }
}

extension String {
  fileprivate var trimmingBlanks: String {
    String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
  }
}

/// The tables of `docs/FORMAT.md`, and of verbs in the README, say what the code accepts.
struct DocumentTablesTests {
  /// A key that no object has, and that is near to none.
  private static let odd = "################"

  /// The keys that an object may have, as the refusal of another key lists them.
  private func accepted(_ body: () throws -> Void) throws -> Set<String> {
    let found = requestError(body)
    let error = try #require(found)
    try #require(error.key?.hasSuffix(Self.odd) == true, "\(error)")
    var words = error.message.split(separator: ",").map { String($0).trimmingBlanks }
    // Before the first of them the message says that it is a list.
    let first = words.removeFirst()
    words.insert(String(first.split(separator: " ").last ?? ""), at: 0)
    return Set(words)
  }

  private func accepted(_ request: String) throws -> Set<String> {
    let text = request.replacing("ODD", with: "\"\(Self.odd)\": 1")
    return try accepted { _ = try Request(bytes(text), root: "/d") }
  }

  /// A task's request with something more.
  private func taskWith(_ members: String, input: String = "\"i\"") -> String {
    #"{"kind": "task", "name": "t", "input": \#(input), "command": ["c"], \#(members)}"#
  }

  @Test func keysOfATask() throws {
    let table = try DocumentTable("task")
    #expect(try accepted(taskWith("ODD")) == table.keys(of: ""))
    #expect(try accepted(taskWith(#""resources": {ODD}"#)) == table.keys(of: "resources"))
    #expect(try accepted(taskWith(#""retry": {ODD}"#)) == table.keys(of: "retry"))
    #expect(try accepted(taskWith(#""stop": {ODD}"#)) == table.keys(of: "stop"))
    #expect(try accepted(taskWith(#""checkpoint": {ODD}"#)) == table.keys(of: "checkpoint"))
  }

  @Test func keysOfAnInput() throws {
    let table = try DocumentTable("input")
    #expect(try accepted(taskWith("\"priority\": 5", input: "{ODD}")) == table.keys(of: ""))
  }

  @Test func keysOfAFile() throws {
    let table = try DocumentTable("file")
    let input = #"{"files": [{"path": "a", ODD}]}"#
    #expect(try accepted(taskWith("\"priority\": 5", input: input)) == table.keys(of: ""))
    let manifest = #"{"kind": "dataset", "name": "d", "files": [{"path": "a", ODD}]}"#
    #expect(try accepted(manifest) == table.keys(of: ""))
  }

  @Test func keysOfAnOutput() throws {
    let table = try DocumentTable("output")
    #expect(try accepted(taskWith(#""outputs": [{ODD}]"#)) == table.keys(of: ""))
  }

  @Test func keysOfAChain() throws {
    let table = try DocumentTable("chain")
    let chain = #"{"kind": "chain", "name": "c", "input": "i", "steps": [], ODD}"#
    #expect(try accepted(chain) == table.keys(of: ""))
    let step = #"{"kind": "chain", "name": "c", "input": "i", "steps": [{"name": "s", ODD}]}"#
    // "A step is a task without `kind`."
    #expect(try accepted(step) == DocumentTable("task").keys(of: "").subtracting(["kind"]))
  }

  @Test func keysOfAManifest() throws {
    let table = try DocumentTable("dataset")
    #expect(try accepted(#"{"kind": "dataset", "name": "d", ODD}"#) == table.keys(of: ""))
    let watch = #"{"kind": "dataset", "name": "d", "watch": {"directory": "b", ODD}}"#
    let watchTable = try DocumentTable("watch")
    #expect(try accepted(watch) == watchTable.keys(of: "watch"))
    #expect(watchTable.keys(of: "") == ["watch"])
  }

  /// The second column of that table says which orders have the key.
  @Test func keysOfOrders() throws {
    let table = try DocumentTable("order")
    for kind in ControlRequest.kinds + [DeleteRequest.kind] {
      let documented = table.keys { row in
        row[1] == "all" || DocumentTable.code(row[1]).contains(kind)
      }
      #expect(try accepted(#"{"kind": "\#(kind)", ODD}"#) == Set(documented), "\(kind)")
    }
  }

  @Test func kindsOfRequests() throws {
    let error = try #require(requestError { _ = try Request(bytes(Self.oddKind), root: "/d") })
    let known = error.message.split(separator: ",").map {
      $0.split(separator: " ").last.map(String.init) ?? ""
    }
    #expect(try DocumentTable("kinds").keys().sorted() == known.sorted())
  }

  @Test func keysOfTheConfiguration() throws {
    let table = try DocumentTable("spool.json")
    let keys = try accepted {
      _ = try SpoolConfig(bytes("{\"format\": 1, \"\(Self.odd)\": 1}"))
    }
    #expect(keys == table.keys(of: ""))
    let onEnd = try accepted {
      _ = try SpoolConfig(bytes("{\"format\": 1, \"onEnd\": {\"\(Self.odd)\": 1}}"))
    }
    #expect(onEnd == table.keys(of: "onEnd"))
  }

  /// The example of `spool.json` is what `spool init` writes.
  @Test func theConfigurationIsTheDefault() throws {
    let lines = try DocumentTable.lines(DocumentTable.format)
    let mark = try #require(lines.firstIndex(of: "<!-- schema: spool -->"))
    let block = lines[(mark + 1)...].drop { !$0.hasPrefix("{") }.prefix { $0 != "```" }
    let json = try JSON.parse(bytes(block.joined(separator: "\n")))
    #expect(json == SpoolConfig().json)
  }

  /// A task in which each documented default is written out is the one without.
  @Test func theDefaultsOfATask() throws {
    var changes: [String: JSON?] = [:]
    for row in try DocumentTable("task").rows {
      guard let value = Self.value(row[1]), let key = DocumentTable.code(row[0]).first else {
        continue
      }
      let parts = key.split(separator: ".").map(String.init)
      guard parts.count == 2 else {
        changes[key] = value
        continue
      }
      var object = changes[parts[0]]??.object ?? JSONObject()
      object[parts[1]] = value
      changes[parts[0]] = .object(object)
    }
    try #require(changes.count >= 6, "\(changes.keys)")
    var checkpoint = changes["checkpoint"]??.object ?? JSONObject()
    checkpoint["file"] = "s"
    changes["checkpoint"] = .object(checkpoint)
    let written = try task(changes)
    let plain = try task()
    #expect(written.resources == plain.resources)
    #expect(written.retry == plain.retry)
    #expect(written.stop == StopPolicy())
    #expect(written.checkpoint == CheckpointPolicy(file: "s"))
    #expect(written.filesPerJob == plain.filesPerJob)
    #expect(written.priority == plain.priority)
    #expect(written.maxFailedJobs == plain.maxFailedJobs)
    #expect(written.verifiesChecksum == plain.verifiesChecksum)
    #expect(written.retention == plain.retention)
    #expect(written.allowsIncomplete == plain.allowsIncomplete)
  }

  /// A default that is a number, a text in backticks, or `false`; nil for any other.
  private static func value(_ cell: String) -> JSON? {
    if let number = Int(cell) { return .integer(number) }
    if let number = Double(cell) { return .number(number) }
    if cell == "`false`" { return false }
    let code = DocumentTable.code(cell)
    return code.count == 1 && cell == "`\(code[0])`" ? .string(code[0]) : nil
  }

  /// Each cause is there, and counted as the table says.
  @Test func causes() throws {
    var documented: Set<String> = []
    for row in try DocumentTable("causes").rows {
      for word in DocumentTable.code(row[0]) {
        documented.insert(word)
        let cause = try #require(Cause(word.replacing("N", with: "2")), "\(word)")
        #expect(cause.kind.rawValue == row[2], "\(word)")
      }
    }
    let error = try #require(requestError { _ = try Request(bytes(Self.oddCause), root: "/d") })
    let known = error.message.split(separator: ",").map { String($0).trimmingBlanks }
    for word in known.dropFirst().map({ $0.split(separator: " ").last.map(String.init) ?? "" })
    where !word.hasPrefix("exit") && !word.hasPrefix("signal") {
      #expect(documented.contains(word), "\(word)")
    }
    #expect(documented.count > 10)
  }

  private static let oddKind = "{\"kind\": \"\(odd)\"}"
  private static let oddCause = ##"{"kind": "retry", "task": "t", "cause": "#"}"##

  @Test func placeholders() throws {
    let keys = try DocumentTable("placeholders").keys()
    let documented = Set(keys.map { String($0.dropFirst().dropLast()) })
    let error = try #require(requestError { _ = try Template("{\(Self.odd)}") })
    var known: Set<String> = []
    for part in error.message.split(separator: "{") {
      let word = String(part.prefix { $0 != "}" })
      if word == "output:NAME" || Template.isPlaceholder(word) { known.insert(word) }
    }
    #expect(known.count > 10)
    #expect(documented == known)
  }

  /// The limits that the page names are those of the code.
  @Test func limits() throws {
    let page = try DocumentTable.lines(DocumentTable.format).joined(separator: " ")
    for text in [
      "has \(Limits.request >> 20) MiB at most", "\(Self.grouped(Limits.listEntries)) entries",
      "\(Self.grouped(Limits.requestValues)) values",
      "of its lines has \(Limits.manifestLine >> 10) KiB",
      "has \(Limits.outputBaseName) bytes at most",
      "from `1ms` to `\(Limits.wallSeconds / 86_400)d`",
    ] {
      #expect(page.contains(text), "\(text)")
    }
  }

  /// `100,000`.
  private static func grouped(_ number: Int) -> String {
    guard number >= 1000 else { return "\(number)" }
    return "\(grouped(number / 1000))," + "\(1000 + number % 1000)".dropFirst()
  }

  /// The README's table has every verb, and no other.
  @Test func verbs() throws {
    let table = try DocumentTable("verbs", in: "README.md")
    let words = { (cell: String) in
      DocumentTable.code(cell).flatMap { $0.split(separator: " ").map(String.init) }
    }
    let all = Set(table.rows.flatMap { $0.flatMap(words) })
    let verbs = Set(table.rows.flatMap { words($0[0]) })
    let known = try Self.commandNames()
    try #require(known.count > 15)
    #expect(known.subtracting(all) == [])
    #expect(verbs.subtracting(known) == [])
  }

  /// What the sources of the command line call their verbs.
  private static func commandNames() throws -> Set<String> {
    let root = "Sources/SpoolCommands"
    let names = try FileManager.default.subpathsOfDirectory(
      atPath: "\(DocumentTable.package)/\(root)")
    var found: Set<String> = []
    for name in names where name.hasSuffix(".swift") {
      for line in try DocumentTable.lines("\(root)/\(name)")
      where line.contains("commandName: \"") {
        found.insert(String(line.split(separator: "\"").dropFirst().first ?? ""))
      }
    }
    return found
  }

  @Test func states() throws {
    let states = try DocumentTable("states").keys()
    #expect(states.sorted() == TaskState.allCases.map(\.rawValue).sorted())
  }
}
