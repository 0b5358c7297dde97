internal import SpoolModel
internal import SpoolStore

/// The competition of other pilots for the jobs of one ready directory, as far as won and lost races
/// tell. A pure value: races come in; out come the age at which a listing is too old, pauses, and the
/// number of jobs among which to choose.
///
/// Nobody knows how many pilots there are, nor how fast they claim. So a pilot tries listings that are
/// older and older until it loses a race, and then trusts them half as long. With that about one
/// listing in seven brings a lost race, however many pilots there are. In the same way it chooses among
/// twice as many jobs after each lost race, and among ever fewer, the first ones, while it wins. Where
/// there are not so many, that number says how many others are likely to want the same job.
struct Rivalry {
  /// The number of lost races in a row after which the pilot looks again.
  static let mostLosses = 2
  /// The bounds of ``trust``. A listing that is a second old hides more urgent jobs (R9).
  static let trusts = Duration.milliseconds(1)...Duration.seconds(1)
  /// The bounds of the middle of a pause.
  static let pauses = Duration.milliseconds(10)...Duration.milliseconds(500)

  /// The bounds of ``choice``.
  static let choices = 16.0...16_384.0

  /// The number of jobs of one priority, the first ones, among which the pilot chooses.
  private(set) var choice = choices.lowerBound
  /// The number of pilots that want a job at the same time, as far as lost races tell.
  var crowd: Int { Int(choice / Self.choices.lowerBound) }
  /// The age from which on a listing is too old to claim from.
  private(set) var trust = Duration.milliseconds(50)
  /// The middle of the next pause; zero: no race was lost lately.
  private var pause = Duration.zero
  private var lossesInRow = 0
  /// True if a race was lost with the present listing, and if any was run.
  private var hasLost = false
  private var hasRun = false

  /// True if so many races were lost in a row that the listing is of no more use.
  var isHopeless: Bool { lossesInRow >= Self.mostLosses }

  // MARK: Events

  /// Takes in a claim.
  mutating func noteWin() {
    hasRun = true
    lossesInRow = 0
    choice = max(Self.choices.lowerBound, choice * 15 / 16)
    pause = pause / 2 < Self.pauses.lowerBound ? .zero : pause / 2
  }

  /// Takes in that another pilot was first.
  mutating func noteLoss() {
    hasRun = true
    hasLost = true
    lossesInRow += 1
    choice = min(Self.choices.upperBound, choice * 2)
    trust = max(Self.trusts.lowerBound, trust / 2)
    pause = min(Self.pauses.upperBound, max(Self.pauses.lowerBound, pause * 2))
  }

  /// Takes in that another listing takes the place of the present one.
  mutating func beginListing() {
    if hasRun, !hasLost { trust = min(Self.trusts.upperBound, trust * 9 / 8) }
    hasRun = false
    hasLost = false
    lossesInRow = 0
  }

  /// Takes in that a job which the pilot left to others is still there.
  mutating func noteLeftOver() { choice = max(Self.choices.lowerBound, choice * 3 / 4) }

  // MARK: Pauses

  /// Draws a pause, up to twice its middle: pilots that lost at one time do not come back at one time.
  /// Draws none where no race was lost lately.
  func drawPause(_ random: inout any RandomNumberGenerator) -> Duration {
    guard pause > .zero else { return .zero }
    return .milliseconds(Int.random(in: 0...(2 * pause.milliseconds), using: &random))
  }
}
