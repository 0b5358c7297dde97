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
  func readText(_ job: JobName, outcome: String) throws(FileError) -> [UInt8] {
    let out = try readKept(slot.output)
    let err = try readKept(slot.errorOutput)
    guard !out.isEmpty || !err.isEmpty else { return [] }
    var text = Array("==> \(job.job) attempt \(job.attempt): \(outcome)\n".utf8)
    text += Self.ended(out)
    if !err.isEmpty { text += AttemptLog.divider + Self.ended(err) }
    return text
  }

  private static func ended(_ bytes: [UInt8]) -> [UInt8] {
    bytes.isEmpty || bytes.last == 10 ? bytes : bytes + [10]
  }

  private func readKept(_ path: String) throws(FileError) -> [UInt8] {
    // Most payloads print nothing: one look tells.
    guard let size = try files.attributesIfPresent(path)?.size, size > 0 else { return [] }
    let file = try files.open(path, .read)
    defer { try? file.close() }
    if size <= 2 * Self.part { return try file.read(at: 0, count: size) }
    let first = try file.read(at: 0, count: Self.part)
    let last = try file.read(at: size - Self.part, count: Self.part)
    let gap = "\n… \(size - 2 * Self.part) bytes left out …\n"
    return first + Array(gap.utf8) + last
  }

  /// Reads the last lines of standard error, or of standard output where there are none; nil where
  /// nothing was printed. Where they cannot be read, that is what is returned.
  func readLastLines() -> String? {
    do throws(FileError) {
      for path in [slot.errorOutput, slot.output] {
        if let lines = try readLastLines(path) { return lines }
      }
      return nil
    } catch {
      return "what it printed is not known: \(error)"
    }
  }

  /// Reads the last lines of standard error; nil where there are none, or they cannot be read.
  func readLastErrors() -> String? { try? readLastLines(slot.errorOutput) }

  private func readLastLines(_ path: String) throws(FileError) -> String? {
    guard let size = try files.attributesIfPresent(path)?.size, size > 0 else { return nil }
    let file = try files.open(path, .read)
    defer { try? file.close() }
    let bytes = try file.read(at: max(0, size - Self.reason), count: Self.reason)
    let text = String(decoding: bytes, as: UTF8.self)
    let lines = text.split(separator: "\n").suffix(Self.reasonLines).joined(separator: "\n")
    return lines.isEmpty ? nil : lines
  }
}
