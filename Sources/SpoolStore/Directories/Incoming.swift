internal import SpoolModel

/// `incoming/`: the requests that people drop, and the watcher's taking of them.
extension Spool {
  /// A request as it lies in `incoming/`.
  public struct Dropped: Equatable, Sendable {
    /// The name that its author gave it.
    public var name: String
    /// The attributes at the time of the listing.
    public var attributes: FileAttributes
  }

  /// An entry of `incoming/` that is not taken.
  public struct Foreign: Hashable, Sendable {
    /// The name, as it may be shown on a terminal.
    public var name: String
    /// The reason for which it is not taken.
    public var why: String

    /// Makes an entry. The name may hold any bytes.
    public init(name: String, why: String) {
      self.name = name.printable(Spool.longestRequestName)
      self.why = why
    }
  }

  /// A look at `incoming/`, or at a part of it.
  public struct IncomingLook: Sendable {
    /// The requests.
    public var requests: [Dropped] = []
    /// The entries that are none (links, FIFOs, directories, other extensions), which stay.
    public var foreign: [Foreign] = []
    /// The names of all entries.
    public var names: [String] = []
    /// The first name that was not looked at, because there was no time; nil if all were.
    public var rest: String?
  }

  /// Looks at the entries of `incoming/` in the order of their names, beginning with `first`. Looks
  /// at no more once `isEnough` returns true.
  public func incoming(
    fresh: Bool, from first: String = "",
    until isEnough: @escaping @Sendable () -> Bool = { false }
  ) throws(FileError) -> IncomingLook {
    let listing = try files.list(layout.incoming, fresh: fresh)
    var look = IncomingLook(names: listing.names)
    let names = listing.names.filter { !$0.hasPrefix(".") && $0 >= first }.sorted()
    let answers = each(names, until: { _ in isEnough() }) { name in
      Result { () throws(FileError) in
        try files.attributesIfPresent("\(layout.incoming)/\(name)")
      }
    }
    look.rest = answers.count < names.count ? names[answers.count] : nil
    for (name, answer) in zip(names, answers) {
      guard let attributes = try answer.get() else { continue }
      if let why = Self.whyForeign(name, attributes.kind) {
        look.foreign.append(Foreign(name: name, why: why))
      } else {
        look.requests.append(Dropped(name: name, attributes: attributes))
      }
    }
    if listing.unreadable > 0, look.rest == nil {
      look.foreign.append(Foreign(name: "\(listing.unreadable) names", why: "not UTF-8"))
    }
    return look
  }

  /// Bytes that a request's name may have.
  static let longestRequestName = 200

  /// Returns the reason for which something is no request; nil where it is one.
  static func whyForeign(_ name: String, _ kind: FileKind) -> String? {
    switch kind {
    case .file: break
    case .link: return "a link: copy the file itself"
    case .directory: return "a directory"
    case .other: return "a FIFO, a socket or a device"
    }
    guard name.hasSuffix(".json") || name.hasSuffix(".jsonl") else {
      return "its name does not end in .json or .jsonl"
    }
    guard name.utf8.count <= longestRequestName else {
      return "its name has \(name.utf8.count) bytes, and \(longestRequestName) may be"
    }
    let isPlain = !name.unicodeScalars.contains { $0.value < 32 || $0.value == 127 }
    return isPlain ? nil : "a line's end or another control character in its name"
  }

  /// Reads a dropped request before it is taken; nil where it has gone or is too large.
  public func peek(_ name: String) throws(FileError) -> [UInt8]? {
    do throws(FileError) {
      return try files.readIfPresent("\(layout.incoming)/\(name)", limit: Limits.request)
    } catch {
      guard error.isTooLarge else { throw error }
      return nil
    }
  }

  /// Takes a request: renames it aside, so that nobody's `cp` reaches the name any more. The number
  /// keeps requests of one name apart. Returns nil where the request was gone.
  public func takeRequest(_ name: String, number: Int) throws(FileError) -> Taken? {
    let taken = Taken(number: number, name: name)
    let moved = try moveOwn("\(layout.incoming)/\(name)", to: path(taken))
    return moved ? taken : nil
  }

  /// A request that was taken and not yet answered.
  public struct Taken: Hashable, Sendable {
    /// The number that keeps requests of one name apart.
    public var number: Int
    /// The name that its author gave it.
    public var name: String

    /// Makes one from its parts.
    public init(number: Int, name: String) {
      self.number = number
      self.name = name
    }

    var fileName: String { "\(number)@\(name)" }

    init?(fileName: String) {
      guard let at = fileName.firstIndex(of: "@"), let number = Int(fileName[..<at]) else {
        return nil
      }
      self.init(number: number, name: String(fileName[fileName.index(after: at)...]))
    }
  }

  /// Returns the path of a request that was taken.
  func path(_ taken: Taken) -> String { "\(layout.taken)/\(taken.fileName)" }

  /// Returns true where there is anything to do: requests, in the order in which they move, or
  /// tasks in work.
  public func hasWork() throws(FileError) -> Bool {
    let dropped = try files.list(layout.incoming, fresh: true).names
    if dropped.contains(where: { !$0.hasPrefix(".") && Self.whyForeign($0, .file) == nil }) {
      return true
    }
    if try !takenRequests().isEmpty { return true }
    return try !running(fresh: true).tasks.isEmpty
  }

  /// Lists the requests that a watcher took and did not finish with, in the order of taking.
  public func takenRequests() throws(FileError) -> [Taken] {
    try files.list(layout.taken, fresh: true).names
      .compactMap { Taken(fileName: $0) }.sorted { $0.number < $1.number }
  }

  /// Removes a request that the journal has: it needs no file any more.
  public func dropTaken(_ taken: Taken) throws(FileError) {
    try files.removeIfPresent(path(taken))
  }

  /// Puts a request aside, unchanged, with the reason beside it. A name that was refused before is
  /// numbered. Returns the new path.
  @discardableResult
  public func refuse(_ taken: Taken, _ reason: String) throws(FileError) -> String {
    var target = "\(layout.refused)/\(taken.name)"
    var number = taken.number
    while files.isPresent(target) || files.isPresent(target + ".reason") {
      target = "\(layout.refused)/\(number)-\(taken.name)"
      number += 1
    }
    try files.replace(target + ".reason", Array((reason + "\n").utf8))
    _ = try moveOwn(path(taken), to: target)
    return target
  }
}
