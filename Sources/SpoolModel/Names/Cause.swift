/// Why an attempt did not succeed, as file names, journal and ledger write it: `exit2`, `signal9`,
/// `wall`, `stuck`, `lost`, …
public enum Cause: Hashable, Sendable, CustomStringConvertible {
  // The payload's own failures.
  case exit(Int)
  case signal(Int)
  /// Over its wall time.
  case wall
  /// Over its memory.
  case memory
  /// It did nothing for too long.
  case stuck
  /// A declared output was not there.
  case output
  // Failures of what is around it.
  /// The pilot died.
  case lost
  /// The payload could not be started.
  case spawn
  /// An input was not there, not readable, or not what the manifest says.
  case input
  /// An output could not be made durable, or was gone when it was to be published.
  case staging
  /// The job's file could not be read, or was in no directory.
  case torn
  // Neither.
  /// Given back by a pilot that was told to stop.
  case returned
  case cancelled
  /// Something that is not this job's stands at the final path of an output.
  case exists
  /// The job could not be formed, or would write what another job writes.
  case refused

  /// Who is to blame, and so which budget an attempt is charged to (DESIGN 3).
  public enum Kind: String, Sendable {
    case payload
    case infrastructure
    case returned
    /// Not tried again.
    case final
  }

  public var kind: Kind {
    switch self {
    case .exit, .signal, .wall, .memory, .stuck, .output: .payload
    case .lost, .spawn, .input, .staging, .torn: .infrastructure
    case .returned: .returned
    case .cancelled, .exists, .refused: .final
    }
  }

  /// Whether the node may be to blame as well as the job: what makes a pilot suspect.
  public var mayBeTheNodes: Bool {
    switch self {
    case .spawn, .input, .staging: true
    default: kind == .payload
    }
  }

  static let words: [(String, Cause)] = [
    ("wall", .wall), ("memory", .memory), ("stuck", .stuck), ("output", .output), ("lost", .lost),
    ("spawn", .spawn), ("input", .input), ("staging", .staging), ("torn", .torn),
    ("returned", .returned), ("cancelled", .cancelled), ("exists", .exists), ("refused", .refused),
  ]

  public init?(_ text: String) {
    if let word = Self.words.first(where: { $0.0 == text }) {
      self = word.1
    } else if text.hasPrefix("exit"), let code = JobName.number(digits: text.dropFirst(4)),
      code < 1000
    {
      self = .exit(code)
    } else if text.hasPrefix("signal"), let number = JobName.number(digits: text.dropFirst(6)),
      number < 1000
    {
      self = .signal(number)
    } else {
      return nil
    }
  }

  public var description: String {
    switch self {
    case .exit(let code): "exit\(code)"
    case .signal(let number): "signal\(number)"
    default: Self.words.first { $0.1 == self }?.0 ?? ""
    }
  }
}
