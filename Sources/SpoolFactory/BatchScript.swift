internal import SpoolModel

/// The script of a batch job, made of a template. A placeholder is a word between two `@`. A line with a
/// placeholder that has no value, as `@gpus@` for a pilot without GPUs, is left out.
public struct BatchScript: Sendable {
  /// A mistake in a template.
  public struct Fault: Error, Equatable, CustomStringConvertible {
    /// The mistake in words.
    public var description: String
  }

  private let lines: [[Part]]

  private enum Part: Hashable, Sendable {
    case text(String)
    case value(String)
  }

  /// The placeholders of all batch systems, each with what it stands for.
  public static let placeholders: [(name: String, meaning: String)] = [
    ("name", "the name of the batch job: the factory knows it by that"),
    ("command", "the command that runs the pilot, quoted for a shell"),
    ("log", "the file for what the pilot says, quoted for a shell"),
    ("cpus", "cores"), ("gpus", "GPUs; no value without"),
    ("slots", "cores where there are several; no value for one"),
    ("megabytes", "memory in MiB"), ("seconds", "wall time in seconds; no value without a limit"),
    ("minutes", "wall time in minutes"), ("clock", "wall time as 08:00:00"),
    ("grace", "seconds from a TERM to the pilot's end"),
    ("program", "the program of the pilot (HTCondor)"),
    ("arguments", "its arguments, quoted for HTCondor"),
    ("select", "cores, memory and GPUs of a chunk (PBS)"),
    ("output", "the file for what the pilot says, as it is"),
  ]

  /// Reads a template for a batch system; without one, its own. Fails for a placeholder that is not
  /// known, and for a template that does not run the pilot, or does not name the batch job where its
  /// own does.
  public init(_ template: String? = nil, for engine: any BatchEngine) throws(Fault) {
    let own = engine.template
    let template = template ?? own
    let known = Self.placeholders.map(\.name)
    var lines: [[Part]] = []
    for (number, line) in template.split(separator: "\n", omittingEmptySubsequences: false)
      .enumerated()
    {
      let parts = Self.parts(line)
      for case .value(let name) in parts where !known.contains(name) {
        let advice =
          Nearest.question(name, among: known) ?? "known are " + known.joined(separator: ", ")
        throw Fault(description: "line \(number + 1): there is no placeholder @\(name)@; \(advice)")
      }
      lines.append(parts)
    }
    self.lines = lines
    let used = Set(lines.joined())
    guard used.contains(.value("command")) || used.contains(.value("arguments")) else {
      throw Fault(description: "it nowhere runs the pilot: a line must have @command@")
    }
    guard used.contains(.value("name")) || !own.contains("@name@") else {
      throw Fault(description: "it nowhere names the batch job: a line must have @name@")
    }
  }

  private static func parts(_ line: Substring) -> [Part] {
    var parts: [Part] = []
    var text = ""
    var rest = line
    while let start = rest.firstIndex(of: "@") {
      let after = rest[rest.index(after: start)...]
      let word = after.prefix { $0.isASCII && $0.isLowercase }
      let isValue = !word.isEmpty && after.dropFirst(word.count).first == "@"
      text += rest[..<start]
      if isValue {
        if !text.isEmpty { parts.append(.text(text)) }
        text = ""
        parts.append(.value(String(word)))
        rest = after.dropFirst(word.count + 1)
      } else {
        text += "@"
        rest = after
      }
    }
    text += rest
    return text.isEmpty ? parts : parts + [.text(text)]
  }

  /// Returns the script of a batch job.
  public func filled(for job: BatchRequest, by engine: any BatchEngine) -> String {
    let values = Self.values(job).merging(engine.values(for: job)) { $1 }
    let filled = lines.compactMap { parts -> String? in
      var line = ""
      for part in parts {
        switch part {
        case .text(let text): line += text
        case .value(let name):
          guard let value = values[name] else { return nil }
          line += value
        }
      }
      return line
    }
    return filled.joined(separator: "\n")
  }

  private static func values(_ job: BatchRequest) -> [String: String] {
    var values = [
      "name": job.name, "command": job.command.map(quoted).joined(separator: " "),
      "log": quoted(job.log), "output": job.log, "cpus": "\(job.room.cpus)",
      "megabytes": "\((job.room.memory.addingClamped((1 << 20) - 1)) >> 20)",
      "grace": "\(job.grace.milliseconds / 1000)",
    ]
    if job.room.cpus > 1 { values["slots"] = "\(job.room.cpus)" }
    if job.room.gpus > 0 { values["gpus"] = "\(job.room.gpus)" }
    if let wall = job.wall {
      let seconds = (wall.milliseconds.addingClamped(999)) / 1000
      values["seconds"] = "\(seconds)"
      values["minutes"] = "\((seconds + 59) / 60)"
      values["clock"] =
        "\(two(seconds / 3600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
    }
    return values
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  /// Returns a word as a POSIX shell takes it for one.
  public static func quoted(_ word: String) -> String {
    let plain = word.utf8.allSatisfy { byte in
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        || "_-./=:,+@%".utf8.contains(byte)
    }
    if plain, !word.isEmpty { return word }
    return "'" + word.replacing("'", with: "'\\''") + "'"
  }
}
