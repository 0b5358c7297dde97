internal import SpoolStore

/// The word to the operator that events do not come, or not of all directories: once for each reason.
struct EventWords {
  private let who: String
  private let events: any EventSource
  private var told: String?

  init(_ events: any EventSource, by who: String) {
    self.events = events
    self.who = who
  }

  /// Says what has come up since the last call.
  mutating func look() {
    guard let trouble = events.trouble, trouble != told else { return }
    told = trouble
    Terminal.say(who, "\(trouble): looking on a timer")
  }
}
