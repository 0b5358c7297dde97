import SpoolModel
import Testing

/// Something that should not have been dropped into `incoming/`, and what a person is told of it.
struct BadInput: Sendable, CustomTestStringConvertible {
  /// How it comes there.
  enum Drop: Sendable {
    /// Written by its author, as `cp` does.
    case written(@Sendable () -> [UInt8])
    /// Made at this path, since it is no common file.
    case made(@Sendable (String) throws -> Void)
    /// By a line of shell, run in the lab.
    case shell(String)
  }

  enum Fate: Sendable {
    /// It lies in `failed/@refused/`, unchanged, and these words are in its reason.
    case refused([String])
    /// It stays, and `STATUS` and `spool check` tell its name and why.
    case left(name: String, why: String)
    /// It stays, and nobody is told: dot names are nobody's.
    case hidden
    /// It becomes a task that is done.
    case done(String)
    /// It becomes a task that fails, with these words in its reason; before that, where `told` is
    /// not nil, `STATUS` says so.
    case fails(String, [String], told: String?)
    /// It becomes a task one of whose jobs fails for good: with this cause, and these words.
    case job(String, Cause, [String])
    /// What else is to be seen.
    case seen(@Sendable (Lab) async throws -> Void)
  }

  /// What must have happened before it is dropped.
  enum Moment: Sendable {
    /// With the whole table.
    case start
    /// When its turn comes: what is told of it is told for a while only.
    case now
    case running(String)
    case ended(String)
  }

  var title: String
  /// Its name in `incoming/`.
  var file: String
  var drop: Drop
  var fate: Fate
  var moment = Moment.start

  var testDescription: String { title }

  /// A text, as it is written.
  init(_ title: String, _ file: String, _ text: String, _ fate: Fate) {
    self.init(title, file, .written { Array(text.utf8) }, fate)
  }

  init(_ title: String, _ file: String, _ drop: Drop, _ fate: Fate) {
    self.title = title
    self.file = file
    self.drop = drop
    self.fate = fate
  }

  /// JSON over several lines.
  init(_ title: String, _ json: JSON, _ fate: Fate) {
    let name = title.map { $0.isLetter || $0.isNumber ? $0 : "." }
    self.init(title, String(name) + ".json", .written { json.pretty }, fate)
  }

  func when(_ moment: Moment) -> BadInput {
    var other = self
    other.moment = moment
    return other
  }

  /// The whole table. What has a time to be seen in comes first.
  static var all: [BadInput] {
    waiting + texts + keys + names + paths + numbers + sizes + manifests + jobs + doubles + entries
      + writers + chains + orders
  }
}

/// A task that is good, but for what a row makes of it.
func plainTask(_ name: String, _ more: [String: JSON] = [:]) -> JSON {
  task(name, input: ["count": 1], ["true"], more)
}
