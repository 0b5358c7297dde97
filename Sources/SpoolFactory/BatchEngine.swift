public import SpoolModel

/// A batch system: how it is told to start, list and cancel batch jobs, and what its answers mean. A
/// pure value: it makes calls, and reads what they print.
public protocol BatchEngine: Sendable {
  /// The script of a batch job, with placeholders as ``BatchScript`` fills them.
  var template: String { get }
  /// Returns the call that hands in a script. `options` are the site's own, and go on its command line.
  func submission(of script: String, _ job: BatchRequest, options: [String]) -> BatchCall
  /// Returns the id of the batch job that a submission has printed; nil if it has printed none.
  func id(submitted output: String) -> String?
  /// Returns the call that lists the user's batch jobs.
  func listing(prefix: String) -> BatchCall
  /// Returns the batch jobs of a list whose names have a prefix; nil if the list cannot be understood.
  func jobs(listed output: String, prefix: String) -> [BatchJob]?
  /// Returns the call that cancels batch jobs.
  func cancellation(of ids: [String]) -> BatchCall
  /// Returns what of the values of a script's placeholders is this system's own.
  func values(for job: BatchRequest) -> [String: String]
}

extension BatchEngine {
  public func values(for job: BatchRequest) -> [String: String] { [:] }
}

/// A batch job as it is to be.
public struct BatchRequest: Equatable, Sendable {
  /// The name of the batch job.
  public var name: String
  /// The file that takes what the pilot says, absolute.
  public var log: String
  /// The room of the pilot.
  public var room: PilotRoom
  /// The time after which the batch system ends it; nil for no limit.
  public var wall: Duration?
  /// The time from a TERM to the pilot's end, at most.
  public var grace: Duration
  /// The command that runs the pilot.
  public var command: [String]

  /// Makes a batch job.
  public init(
    name: String, log: String, room: PilotRoom, wall: Duration?, grace: Duration, command: [String]
  ) {
    self.name = name
    self.log = log
    self.room = room
    self.wall = wall
    self.grace = grace
    self.command = command
  }
}

/// A program of the batch system to run.
public struct BatchCall: Equatable, Sendable {
  /// The program and its arguments.
  public var arguments: [String]
  /// Its standard input.
  public var input: String
  /// True for a call whose errors are not to stand in its output, unless it fails.
  public var isList: Bool

  /// Makes a call.
  public init(_ arguments: [String], input: String = "", isList: Bool = false) {
    self.arguments = arguments
    self.input = input
    self.isList = isList
  }
}

/// The answer to a call.
public struct BatchAnswer: Equatable, Sendable {
  /// True if the program ended with exit code 0.
  public var isGood: Bool
  /// What it printed, errors too; or why it could not be run.
  public var text: String

  /// Makes an answer.
  public init(isGood: Bool, text: String) {
    self.isGood = isGood
    self.text = text
  }

  /// What it printed as one line, for people: the last lines, which say what was wrong.
  public var words: String {
    let lines = text.split(whereSeparator: \.isNewline).map { $0.drop { $0 == " " } }
    let kept = lines.filter { !$0.isEmpty }.suffix(4).joined(separator: "; ")
    return kept.isEmpty ? "it printed nothing" : String(kept.prefix(500))
  }
}

/// A batch job as the batch system lists it.
public struct BatchJob: Equatable, Sendable {
  /// The state of a batch job.
  public enum State: Sendable, Equatable {
    /// It waits for its turn.
    case queued
    /// It waits until a person acts.
    case held
    /// It runs.
    case running
    /// It has ended in good order.
    case done
    /// It was cancelled, by whoever has the right.
    case cancelled
    /// It has ended otherwise.
    case failed
  }

  /// The id by which it is cancelled.
  public var id: String
  /// Its name.
  public var name: String
  /// Its state.
  public var state: State
  /// The batch system's own words for the state, or for the reason of it.
  public var words: String?

  /// Makes a batch job.
  public init(id: String, name: String, state: State, words: String? = nil) {
    self.id = id
    self.name = name
    self.state = state
    self.words = words
  }

  /// True while it waits or runs.
  public var isLive: Bool { [.queued, .held, .running].contains(state) }
}
