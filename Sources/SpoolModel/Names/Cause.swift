/// The cause of a failed attempt, as file names, journal and ledger write it: `exit2`, `signal9`,
/// `wall`, `stuck`, `lost`, …
public enum Cause: Hashable, Sendable, CustomStringConvertible {
  // The payload's own failures.
  /// The payload ended with an exit code other than 0.
  case exit(Int)
  /// A signal ended the payload.
  case signal(Int)
  /// The payload was over its wall time.
  case wall
  /// The payload was over its memory.
  case memory
  /// The payload did nothing for too long.
  case stuck
  /// A declared output was not there, or was no regular file.
  case output
  /// The program was not there or could not be run, where it was tried.
  case program
  // Failures of the infrastructure.
  /// The pilot died.
  case lost
  /// The payload could not be started, for another reason or on one node alone.
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
  /// The payload said, by the exit code of its checkpoint, that it is not done and is to go on later.
  case unfinished
  /// The pilot lost the job, because the task was ended.
  case cancelled
  /// Something that is not this job's stands at the final path of an output.
  case exists
  /// The job could not be formed, or would write what another job writes.
  case refused

  /// The kind of a cause: the party to blame, and so the budget that is charged (DESIGN 3).
  public enum Kind: String, Sendable {
    /// The payload's own failure.
    case payload
    /// A failure of the pilot, the node or the filesystem.
    case infrastructure
    /// Given back by the pilot, or to go on later: nobody is to blame.
    case returned
    /// No further attempt is made.
    case final
  }

  /// The kind of the cause.
  public var kind: Kind {
    switch self {
    case .exit, .signal, .wall, .memory, .stuck, .output, .program: .payload
    case .lost, .spawn, .input, .staging, .torn: .infrastructure
    case .returned, .unfinished: .returned
    case .cancelled, .exists, .refused: .final
    }
  }

  /// True if the node may be to blame as well as the job: such failures make a pilot suspect.
  public var mayBeTheNodes: Bool {
    switch self {
    case .spawn, .input, .staging: true
    default: kind == .payload
    }
  }

  static let words: [(String, Cause)] = [
    ("wall", .wall), ("memory", .memory), ("stuck", .stuck), ("output", .output),
    ("program", .program), ("lost", .lost),
    ("spawn", .spawn), ("input", .input), ("staging", .staging), ("torn", .torn),
    ("returned", .returned), ("unfinished", .unfinished), ("cancelled", .cancelled),
    ("exists", .exists), ("refused", .refused),
  ]

  /// Reads a cause as file names and ledgers spell it; nil for any other text.
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

  /// The cause as file names and ledgers spell it.
  public var description: String {
    switch self {
    case .exit(let code): "exit\(code)"
    case .signal(let number): "signal\(number)"
    default: Self.words.first { $0.1 == self }?.0 ?? ""
    }
  }
}
