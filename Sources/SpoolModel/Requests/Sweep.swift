/// The values of a task of the command line: lists of them, of which every combination is a job.
public struct Sweep {
  /// A list, of which each combination holds one entry: the members of an object, or one without a
  /// name.
  private var lists: [[[JSONObject.Member]]] = []

  /// Makes a sweep without a list.
  public init() {}

  /// Adds a list as it is typed: `7,13,14`, or `energy=7,13,14`.
  public mutating func add(list text: String) throws(RequestError) {
    var rest = text[...]
    var name = ""
    if let equals = text.firstIndex(of: "="), !text[..<equals].contains(",") {
      name = String(text[..<equals])
      rest = text[text.index(after: equals)...]
      try Self.check(name, line: nil)
    }
    let values = rest.split(separator: ",", omittingEmptySubsequences: false)
    guard !values.contains(where: \.isEmpty) else {
      throw RequestError("expected values with commas between, as 7,13,14, found \"\(text)\"")
    }
    try add(values.map { [.init(name, .string(String($0)))] })
  }

  /// Adds the list in a file: of lines, of a table if its name ends in `.csv`, of objects in `.jsonl`.
  public mutating func add(file name: String, _ bytes: [UInt8]) throws(RequestError) {
    if name.hasSuffix(".jsonl") {
      try add(Self.objects(bytes))
    } else if name.hasSuffix(".csv") {
      try add(Self.rows(bytes))
    } else {
      try add(
        Self.lines(bytes).map { line throws(RequestError) in
          [.init("", .string(try Self.text(line.bytes, line.number)))]
        })
    }
  }

  private mutating func add(_ list: [[JSONObject.Member]]) throws(RequestError) {
    guard !list.isEmpty else { throw RequestError("no values") }
    for key in list[0].map(\.key) where lists.contains(where: { $0[0].contains { $0.key == key } })
    {
      throw RequestError(
        key.isEmpty
          ? "several lists of values need names, as energy=7,13" : "\(key) is given twice")
    }
    lists.append(list)
    guard lists.count == 1 || !lists.contains(where: { $0[0].contains { $0.key.isEmpty } }) else {
      throw RequestError("several lists of values need names, as energy=7,13")
    }
    let count = lists.reduce(1) { $0 * $1.count }
    guard count <= Limits.listEntries else {
      throw RequestError("\(count) combinations, and \(Limits.listEntries) may be")
    }
  }

  /// The list for `values`: every combination, in which the last list changes first.
  public var values: JSON {
    var combinations: [[JSONObject.Member]] = [[]]
    for list in lists {
      combinations = combinations.flatMap { first in list.map { first + $0 } }
    }
    return .array(
      combinations.map { members in
        if let only = members.first, only.key.isEmpty { return only.value }
        return .object(JSONObject(members))
      })
  }

  // MARK: Files

  private static func lines(_ bytes: [UInt8]) -> [(number: Int, bytes: ArraySlice<UInt8>)] {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    return bytes.dropFirst(bytes.starts(with: mark) ? 3 : 0)
      .split(separator: 10, omittingEmptySubsequences: false).enumerated()
      .map {
        (number: $0.offset + 1, bytes: $0.element.last == 13 ? $0.element.dropLast() : $0.element)
      }
      .filter { $0.bytes.contains { $0 > 32 } }
  }

  private static func text(_ bytes: ArraySlice<UInt8>, _ line: Int) throws(RequestError) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw RequestError(line: line, "expected a text in UTF-8")
    }
    return text
  }

  private static func check(_ name: String, line: Int?) throws(RequestError) {
    guard Name(name) != nil else {
      throw RequestError(line: line, "\"\(name)\" is no name of a value: \(Name.rule)")
    }
  }

  private static func objects(_ bytes: [UInt8]) throws(RequestError) -> [[JSONObject.Member]] {
    var names: Set<String>?
    return try lines(bytes).map { line throws(RequestError) in
      let json: JSON
      do throws(JSONError) {
        json = try JSON.parse(Array(line.bytes), firstLine: line.number)
      } catch {
        throw RequestError(error)
      }
      guard let members = json.object?.members, !members.isEmpty else {
        throw RequestError(
          line: line.number, "expected an object as {\"energy\": 7}, found \(json.kindName)")
      }
      for member in members {
        try check(member.key, line: line.number)
        guard member.value.string != nil || member.value.double != nil else {
          throw RequestError(
            line: line.number, key: member.key,
            "expected a string or a number, found \(member.value.kindName)")
        }
      }
      let own = Set(members.map(\.key))
      guard own == names ?? own else {
        throw RequestError(
          line: line.number,
          "expected the keys of the first line: \((names ?? []).sorted().joined(separator: ", "))")
      }
      names = own
      return members.map { .init($0.key, $0.value) }
    }
  }

  /// Reads a table: the names of its columns in the first line, then a row a line.
  private static func rows(_ bytes: [UInt8]) throws(RequestError) -> [[JSONObject.Member]] {
    var lines = lines(bytes)[...]
    guard let header = lines.popFirst() else { return [] }
    let names = try cells(try text(header.bytes, header.number), header.number)
    for name in names { try check(name, line: header.number) }
    guard Set(names).count == names.count else {
      throw RequestError(line: header.number, "two columns of one name")
    }
    return try lines.map { line throws(RequestError) in
      let cells = try cells(try text(line.bytes, line.number), line.number)
      guard cells.count == names.count else {
        throw RequestError(
          line: line.number,
          "expected \(names.count) values as the header has, found \(cells.count)")
      }
      return zip(names, cells).map { .init($0, .string($1)) }
    }
  }

  /// Returns the values of a line, without the blanks around them. In quotes a value may hold commas
  /// and blanks, and `""` for a quote.
  private static func cells(_ line: String, _ number: Int) throws(RequestError) -> [String] {
    var cells: [String] = []
    var rest = line[...].drop { $0 == " " || $0 == "\t" }
    while true {
      var cell = ""
      if rest.first == "\"" {
        repeat {
          rest.removeFirst()
          guard let end = rest.firstIndex(of: "\"") else {
            throw RequestError(line: number, "a quote without its end")
          }
          cell += rest[..<end]
          rest = rest[end...].dropFirst()
          if rest.first == "\"" { cell += "\"" }
        } while rest.first == "\""
        rest = rest.drop { $0 == " " || $0 == "\t" }
        guard rest.first == "," || rest.isEmpty else {
          throw RequestError(line: number, "expected a comma behind a quote, found \"\(rest)\"")
        }
      } else {
        let end = rest.firstIndex(of: ",") ?? rest.endIndex
        cell = String(rest[..<end])
        while cell.last == " " || cell.last == "\t" { cell.removeLast() }
        rest = rest[end...]
      }
      cells.append(cell)
      guard rest.popFirst() != nil else { return cells }
      rest = rest.drop { $0 == " " || $0 == "\t" }
    }
  }
}
