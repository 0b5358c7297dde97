/// An output as a job's file names it.
public struct JobOutput: Equatable, Sendable {
  /// The final path, absolute; that of files which a pattern takes as a template, in which only the
  /// name of the file is open.
  public var path: String
  /// The NAME of `{output:NAME}`; nil for an output without a name.
  public var name: String?
  /// True if the job may end well without it.
  public var isOptional: Bool
  /// True if a file at the final path is replaced.
  public var overwrites: Bool
  /// The path below the scratch from which the pilot takes it; nil: the payload writes the part.
  public var from: String?
  /// The numbers of files that the pattern in `from` may take; nil where it is no pattern.
  public var count: ClosedRange<Int>?
  /// True for a directory with all that is in it.
  public var isDirectory: Bool

  /// Makes an output.
  public init(
    path: String, name: String?, isOptional: Bool, overwrites: Bool = false, from: String? = nil,
    count: ClosedRange<Int>? = nil, isDirectory: Bool = false
  ) {
    self.path = path
    self.name = name
    self.isOptional = isOptional
    self.overwrites = overwrites
    self.from = from
    self.count = count
    self.isDirectory = isDirectory
  }

  /// The directory of the final path, or of all final paths.
  public var directory: String {
    FilePath.directory(count == nil ? path : finalPath(taking: "x") ?? path)
  }

  /// Returns the path at which a pilot stages the output: `.spool.a1@PILOT.NAME` beside the final
  /// path (R3). The extension is kept, since some programs go by it. For a pattern it is the path of a
  /// directory, in which the parts have their final names. Outputs of many jobs may lie beside that: so its
  /// name tells the job, and by a checksum the pattern's path.
  public func part(of job: JobID, attempt: Int, pilot: PilotName) -> String {
    let base = String(FilePath.base(path))
    let name = count == nil ? base : "\(job)-\(CRC32.hex(base.utf8))"
    return "\(directory)/.spool.a\(attempt)@\(pilot).\(name)"
  }

  /// True if the pilot makes the part, or begins it: it may yet come when the attempt has ended.
  public var isMadeByPilot: Bool { from != nil || isDirectory }

  /// Returns true if a staged output is this one, staged by a pilot in an attempt.
  public func isStaged(
    _ staged: StagedOutput, of job: JobID, attempt: Int, pilot: PilotName
  ) -> Bool {
    let part = part(of: job, attempt: attempt, pilot: pilot)
    guard isDirectory == (staged.files != nil) else { return false }
    guard count != nil else { return path == staged.path && part == staged.partPath }
    return takes(staged.path) && "\(part)/\(FilePath.base(staged.path))" == staged.partPath
  }

  /// Returns true if a job may have staged so many files for this output.
  public func allows(_ number: Int) -> Bool {
    number == 0 && isOptional || (count ?? 1...1).contains(number)
  }
}

/// What a pattern takes.
extension JobOutput {
  /// Returns the final path of a file of this name that the pattern took; nil if that cannot be one.
  public func finalPath(taking name: String) -> String? {
    let isName = !name.utf8.contains { $0 < 32 || $0 == 127 || $0 == UInt8(ascii: "/") }
    guard isName, !["", ".", ".."].contains(name),
      let final = (try? Template(path))?.expanded({ $0 == .name ? name : nil })
    else { return nil }
    let base = FilePath.base(final)
    guard base.utf8.count <= Limits.outputBaseName, !base.hasPrefix(".spool.") else { return nil }
    return final
  }

  /// Returns true for a path that a file of some name would get.
  private func takes(_ final: String) -> Bool {
    guard let parts = (try? Template(path))?.parts else { return false }
    var around = [[UInt8]()]
    for part in parts {
      switch part {
      case .text(let text): around[around.count - 1] += Array(text.utf8)
      case .placeholder: around.append([])
      }
    }
    let bytes = Array(final.utf8)
    guard let head = around.first, let tail = around.last, around.count == 2 else {
      return around.first == bytes
    }
    guard bytes.count > head.count + tail.count, bytes.starts(with: head) else { return false }
    let name = String(decoding: bytes[head.count..<bytes.count - tail.count], as: UTF8.self)
    return finalPath(taking: name).map { $0.utf8.elementsEqual(bytes) } ?? false
  }
}

extension JobOutput {
  var json: JSON {
    var object = JSONObject([.init("path", .string(path))])
    if let name { object["name"] = .string(name) }
    if isOptional { object["optional"] = true }
    if overwrites { object["overwrite"] = true }
    if let from { object["from"] = .string(from) }
    if let count {
      object["min"] = .integer(count.lowerBound)
      object["max"] = .integer(count.upperBound)
    }
    if isDirectory { object["kind"] = .string(OutputKind.directory.rawValue) }
    return .object(object)
  }

  init(_ json: JSON) throws(RequestError) {
    guard let path = json["path"]?.string else { throw RequestError(key: "outputs", "no path") }
    let kind = json["kind"]?.string ?? OutputKind.file.rawValue
    guard let kind = OutputKind(rawValue: kind) else {
      throw RequestError(key: "outputs", "a kind that this version does not know: \(kind)")
    }
    self.init(
      path: path, name: json["name"]?.string, isOptional: json["optional"]?.bool ?? false,
      overwrites: json["overwrite"]?.bool ?? false, from: json["from"]?.string,
      count: try Self.count(json), isDirectory: kind == .directory)
  }
}

extension JobOutput {
  private static func count(_ json: JSON) throws(RequestError) -> ClosedRange<Int>? {
    guard json["min"] != nil || json["max"] != nil else { return nil }
    guard let least = json["min"]?.integer, let most = json["max"]?.integer,
      0 <= least, least <= most
    else { throw RequestError(key: "outputs", "no numbers of files: \"min\" and \"max\"") }
    return least...most
  }
}

/// The kinds of outputs.
enum OutputKind: String, CaseIterable {
  /// A regular file.
  case file
  /// A directory with all that is in it.
  case directory
}
