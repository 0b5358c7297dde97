internal import SpoolModel
internal import SpoolStore

/// The output of a payload on local disk: the first and the last megabyte of each stream are read.
struct PayloadOutput {
  /// Bytes of the beginning, and of the end, of a stream that are kept.
  static let part = 1 << 20
  /// Bytes of standard error that become the reason of a failure.
  static let reason = 2000
  /// Lines of that.
  static let reasonLines = 10

  private let slot: Slot
  private let files: any FileSystem

  init(_ slot: Slot, _ files: any FileSystem) {
    self.slot = slot
    self.files = files
  }

  /// Reads the text for the task's log; empty where nothing was printed.
  func readText(_ job: JobName, outcome: String) -> [UInt8] {
    let out = readKept(slot.output)
    let err = readKept(slot.errorOutput)
    guard !out.isEmpty || !err.isEmpty else { return [] }
    var text = Array("==> \(job.job) attempt \(job.attempt): \(outcome)\n".utf8)
    text += Self.ended(out)
    if !err.isEmpty { text += Array("--- standard error\n".utf8) + Self.ended(err) }
    return text
  }

  private static func ended(_ bytes: [UInt8]) -> [UInt8] {
    bytes.isEmpty || bytes.last == 10 ? bytes : bytes + [10]
  }

  private func readKept(_ path: String) -> [UInt8] {
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

  /// Reads the last lines of standard error, or of standard output where there are none; nil where
  /// nothing was printed.
  func readLastLines() -> String? {
    for path in [slot.errorOutput, slot.output] {
      guard let file = try? files.open(path, .read) else { continue }
      defer { try? file.close() }
      guard let size = try? file.attributes().size, size > 0 else { continue }
      let from = max(0, size - Self.reason)
      guard let bytes = try? file.read(at: from, count: Self.reason) else { continue }
      let text = String(decoding: bytes, as: UTF8.self)
      let lines = text.split(separator: "\n").suffix(Self.reasonLines).joined(separator: "\n")
      if !lines.isEmpty { return lines }
    }
    return nil
  }
}
