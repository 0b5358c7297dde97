internal import SpoolModel
internal import SpoolStore

/// What a payload printed, on local disk: the first and the last megabyte of each stream.
struct PayloadLog {
  static let part = 1 << 20
  /// Bytes of standard error that become the reason of a failure.
  static let reason = 2000

  let slot: Slot
  let files: any FileSystem

  /// The text for the task's log; empty where nothing was printed.
  func text(_ job: JobName, outcome: String) -> [UInt8] {
    let out = kept(slot.output)
    let err = kept(slot.errorOutput)
    guard !out.isEmpty || !err.isEmpty else { return [] }
    var text = Array("==> \(job.job) attempt \(job.attempt): \(outcome)\n".utf8)
    text += Self.ended(out)
    if !err.isEmpty { text += Array("--- standard error\n".utf8) + Self.ended(err) }
    return text
  }

  private static func ended(_ bytes: [UInt8]) -> [UInt8] {
    bytes.isEmpty || bytes.last == 10 ? bytes : bytes + [10]
  }

  private func kept(_ path: String) -> [UInt8] {
    // Most payloads print nothing: one look tells.
    guard let size = try? files.attributes(of: path).size, size > 0,
      let file = try? files.open(path, .read)
    else { return [] }
    defer { try? file.close() }
    if size <= 2 * Self.part { return (try? file.read(at: 0, count: size)) ?? [] }
    let first = (try? file.read(at: 0, count: Self.part)) ?? []
    let last = (try? file.read(at: size - Self.part, count: Self.part)) ?? []
    let gap = "\n… \(size - 2 * Self.part) bytes left out …\n"
    return first + Array(gap.utf8) + last
  }

  /// The last lines of standard error, or of standard output where there are none.
  func lastLines() -> String? {
    for path in [slot.errorOutput, slot.output] {
      guard let file = try? files.open(path, .read) else { continue }
      defer { try? file.close() }
      guard let size = try? file.attributes().size, size > 0 else { continue }
      let from = max(0, size - Self.reason)
      guard let bytes = try? file.read(at: from, count: Self.reason) else { continue }
      let text = String(decoding: bytes, as: UTF8.self)
      let lines = text.split(separator: "\n").suffix(10)
      let trimmed = lines.joined(separator: "\n")
      if !trimmed.isEmpty { return trimmed }
    }
    return nil
  }
}

/// A running job's output, copied to where it can be followed.
struct LiveLog {
  /// Milliseconds after which a job gets one, and between two copies.
  static let after = 2000
  static let interval = 1000

  let path: String
  var outputAt = 0
  var errorAt = 0
  var size = 0
  var next: Int

  init(path: String, now: Int) {
    self.path = path
    next = now
  }

  /// Copies what was printed since the last time, up to a megabyte of each stream.
  mutating func copy(_ slot: Slot, local: any FileSystem, shared: any FileSystem) throws(FileError)
  {
    let more =
      Self.more(slot.output, &outputAt, local) + Self.more(slot.errorOutput, &errorAt, local)
    guard !more.isEmpty else { return }
    let file = try shared.open(path, .create)
    defer { try? file.close() }
    try file.write(more, at: size)
    size += more.count
  }

  private static func more(_ path: String, _ at: inout Int, _ files: any FileSystem) -> [UInt8] {
    guard at < PayloadLog.part, let file = try? files.open(path, .read) else { return [] }
    defer { try? file.close() }
    let bytes = (try? file.read(at: at, count: PayloadLog.part - at)) ?? []
    at += bytes.count
    return bytes
  }
}

/// Where a task's log ends, of which incarnation of its name.
struct LogEnd {
  var incarnation: String
  var offset: Int
}
