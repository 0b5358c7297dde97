internal import SpoolModel
internal import SpoolStore

/// A request that was refused, as it lies in `failed/@refused/` with its reason.
struct Refusal {
  var reason: String
  /// When the reason was written, epoch milliseconds on the clock of who wrote it.
  var at: Int

  private static let ending = ".reason"
  /// How many requests are opened to find one by the name in it, not by its file's.
  private static let mostOpened = 500

  /// The latest request for a task that was refused: named like it, or with its name in it.
  static func latest(of name: Name, in spool: Spool) -> Refusal? {
    let names = (try? spool.files.list(spool.layout.refused, fresh: false).names) ?? []
    let requests = names.filter { $0.hasSuffix(ending) }.map { String($0.dropLast(ending.count)) }
    let mayOpen = requests.count <= mostOpened
    return requests.filter { isNamed($0, name) || mayOpen && isFor($0, name, spool) }
      .compactMap { read($0, spool) }.max { $0.at < $1.at }
  }

  /// `NAME.json`, or `NUMBER-NAME.json` where one of that name was refused before.
  private static func isNamed(_ file: String, _ name: Name) -> Bool {
    if file == "\(name).json" { return true }
    let number = file.prefix { $0.isASCII && $0.isNumber }
    return !number.isEmpty && file.dropFirst(number.count) == "-\(name).json"
  }

  private static func isFor(_ file: String, _ name: Name, _ spool: Spool) -> Bool {
    guard file.hasSuffix(".json"),
      let bytes = try? spool.files.read("\(spool.layout.refused)/\(file)", limit: 1 << 20),
      let json = try? JSON.parse(bytes), json["kind"]?.string == "task"
    else { return false }
    return json["name"]?.string == name.text
  }

  private static func read(_ file: String, _ spool: Spool) -> Refusal? {
    let path = "\(spool.layout.refused)/\(file)\(ending)"
    guard let attributes = try? spool.files.attributes(of: path),
      let bytes = try? spool.files.read(path, limit: 1 << 20)
    else { return nil }
    return Refusal(
      reason: String(decoding: bytes, as: UTF8.self).trimmed,
      at: Int(attributes.modified / 1_000_000))
  }
}
