import FoundationEssentials
import SpoolModel
import SpoolStore
import SpoolTesting
import SpoolWatcher
import Testing

/// The table of journal records in `docs/PROTOCOL.md`, the schema, and what the watcher reads and
/// writes name the same types.
struct RecordTableTests {
  private let files = MemoryFileSystem()
  private static let package =
    "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

  private static func text(_ path: String) throws -> String {
    let contents = FileManager.default.contents(atPath: "\(package)/\(path)")
    return String(decoding: try #require(contents, "\(path)"), as: UTF8.self)
  }

  /// The types in the first column of the table.
  private static func documented() throws -> [String] {
    let page = try text("docs/PROTOCOL.md")
    let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
    let mark = try #require(lines.firstIndex(of: "<!-- table: records -->"))
    let rows = lines[(mark + 1)...].drop { $0.isEmpty }.prefix { $0.hasPrefix("|") }.dropFirst(2)
    return rows.flatMap { row in
      let cell = row.split(separator: "|").first ?? ""
      return cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
        .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }
  }

  /// The types for which the schema has a definition, and those that it lists.
  private static func specified() throws -> (defined: [String], listed: [String]) {
    let json = try JSON.parse(Array(text("docs/schema/journal-line.schema.json").utf8))
    let defined = json["$defs"]?.object?.members.map { member in
      member.value["properties"]?["type"]?["const"]?.string ?? member.key
    }
    let listed = json["oneOf"]?.array?.compactMap { $0["$ref"]?.string?.split(separator: "/").last }
    return (defined ?? [], (listed ?? []).map(String.init))
  }

  @Test func theTableIsTheSchemas() throws {
    let documented = try Self.documented()
    #expect(Set(documented).count == documented.count, "a type has two rows")
    let (defined, listed) = try Self.specified()
    #expect(documented.sorted() == defined.sorted())
    #expect(documented.sorted() == listed.sorted())
  }

  // MARK: The watcher

  /// Types that a run without accidents does not write, as the watcher writes them.
  private static let rare = [
    #"{"type":"discarded","parts":["/d/.spool.a1@n-00000001.x"],"at":5}"#,
    #"{"type":"swept","parts":["/d/.spool.a1@n-00000001.x"]}"#,
    #"{"type":"told","task":"t"}"#,
    #"{"type":"quarantined","pilot":"n-00000001","reason":"why","at":5}"#,
  ]

  /// What no record has all of, and any may have: so that a type that is read is known by its name.
  private static let anything = """
    "task": "t", "dataset": "d", "job": "t.00000001", "attempt": 2, "at": 5, "state": "done",
    "complete": true, "parts": [], "pilot": "n-00000001", "reason": "why", "cause": "lost",
    "first": 0, "source": 0, "offsets": [0], "files": [1], "next": 1, "ranges": [[0, 1]],
    "bytes": 1, "length": 1, "owner": 0, "key": "k", "digest": "00000000", "incarnation": "1",
    "jobs": [], "watch": 0, "origin": "o", "last": true, "closes": false
    """

  private func makeSpool(_ files: MemoryFileSystem) throws -> Spool {
    try files.plantDirectories("/data")
    try Spool.create("/data/spool", files: files)
    return try Spool.open("/data/spool", files: files)
  }

  private func append(_ records: [String], to spool: Spool) throws {
    let end = try JournalReader(spool).replay(checkpoint: { _ in }, record: { _, _ in })
    let journal = try Journal(spool, epoch: 1, after: end)
    for record in records {
      journal.append(try #require(try JSON.parse(Array(record.utf8)).object))
    }
    try journal.commit()
    journal.close()
  }

  /// What a watcher says of a journal, if it cannot read it.
  private func fault(_ spool: Spool) -> (any Error)? {
    do {
      _ = try SpoolCheck(spool, isWatched: false).run()
      return nil
    } catch {
      return error
    }
  }

  /// The recorded run holds every type but the rare ones, and the watcher reads them all.
  @Test func theWatcherReadsAndWritesThem() throws {
    let fixture = try Self.text("Tests/SpoolWatcherTests/Fixtures/run.txt")
    let run = try #require(RecordedRun.decode(Array(fixture.utf8)))
    let spool = try makeSpool(files)
    for (path, bytes) in run where path.hasPrefix("journal/") && !path.contains("taken") {
      try files.plant(bytes, at: "\(spool.layout.root)/\(path)")
    }
    try append(Self.rare, to: spool)
    var seen: Set<String> = ["segment"]
    _ = try JournalReader(spool).replay(
      checkpoint: { _ in }, record: { record, _ in seen.insert(record["type"]?.string ?? "?") })
    #expect(seen.sorted() == (try Self.documented()).sorted())
    #expect(fault(spool) == nil)
  }

  /// The page's example of a journal is one that a watcher takes over: checksums, numbers, records.
  @Test func theExampleIsAJournal() throws {
    let page = try Self.text("docs/PROTOCOL.md")
    let lines = page.split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex { $0.contains(#" {"n":1,"type":"segment""#) })
    let example = lines[start...].prefix { $0 != "```" }
    let spool = try makeSpool(files)
    let text = example.joined(separator: "\n") + "\n"
    try files.plant(Array(text.utf8), at: spool.layout.segment(1))
    var count = 1
    let end = try JournalReader(spool).replay(checkpoint: { _ in }, record: { _, _ in count += 1 })
    #expect(count == example.count && end.bytes == text.utf8.count)
    #expect(fault(spool) == nil)
  }

  /// Of all words in the watcher's sources none is another type that it would read.
  @Test func theWatcherReadsNoOthers() throws {
    let documented = Set(try Self.documented())
    let words = try Self.words().subtracting(documented)
    try #require(words.count > 50)
    for word in words.sorted() {
      let spool = try makeSpool(MemoryFileSystem())
      try append(["{\"type\": \"\(word)\", \(Self.anything)}"], to: spool)
      let words = fault(spool).map { "\($0)" } ?? "none"
      #expect(
        words.contains("a record of the type \(word)"),
        "the watcher reads the type \(word): \(words)")
    }
    // It would tell: one of the table is read.
    let spool = try makeSpool(MemoryFileSystem())
    try append(["{\"type\": \"swept\", \(Self.anything)}"], to: spool)
    #expect(fault(spool) == nil)
  }

  /// The lower-case words in quotes, and the names of enumeration cases, in the watcher's sources.
  private static func words() throws -> Set<String> {
    let root = "\(package)/Sources/SpoolWatcher"
    let names = try FileManager.default.subpathsOfDirectory(atPath: root)
    var words: Set<String> = []
    for name in names where name.hasSuffix(".swift") {
      let source = try text("Sources/SpoolWatcher/\(name)")
      for line in source.split(separator: "\n") {
        words.formUnion(line.split(separator: "\"").dropFirst().map(String.init))
        let code = line.drop { $0 == " " }
        guard code.hasPrefix("case ") else { continue }
        words.formUnion(code.dropFirst(5).split { !$0.isLetter }.map(String.init))
      }
    }
    return words.filter { word in
      (3...20).contains(word.utf8.count) && word.utf8.allSatisfy { (97...122).contains($0) }
    }
  }
}
