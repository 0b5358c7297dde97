/// The events that went into a chain and came out of it, as its jobs reported them.
public struct EventFlow: Equatable, Sendable {
  /// Events into the steps that no other step feeds.
  public var eventsIn: Double
  /// Events out of the steps that feed no other.
  public var eventsOut: Double

  /// Makes a flow.
  public init(eventsIn: Double, eventsOut: Double) {
    self.eventsIn = eventsIn
    self.eventsOut = eventsOut
  }

  /// `eventsIn` over `eventsOut`, to three decimals; nil if no event came out.
  public var suppression: Double? {
    eventsOut > 0 ? (eventsIn / eventsOut * 1000).rounded() / 1000 : nil
  }
}

extension EventFlow {
  enum Key: String { case eventsIn, eventsOut, suppression }

  /// The members that the page of a chain holds beside its own.
  var members: [JSONObject.Member] {
    var members = RecordMembers<Key>()
    members[.eventsIn] = eventsIn
    members[.eventsOut] = eventsOut
    members[.suppression] = suppression
    return members.object.members
  }

  /// Reads the flow from the page of a chain; nil if it has none.
  init?(page: JSON) {
    guard let members = RecordMembers<Key>(page), let eventsIn: Double = members[.eventsIn],
      let eventsOut: Double = members[.eventsOut]
    else { return nil }
    self.init(eventsIn: eventsIn, eventsOut: eventsOut)
  }
}

extension ReportSums {
  /// The events that went into the jobs, if they report them.
  public var eventsIn: Double? { sums[EventFlow.Key.eventsIn.rawValue]?.double }

  /// The events that came out of the jobs, if they report them.
  public var eventsOut: Double? { sums[EventFlow.Key.eventsOut.rawValue]?.double }

  /// The events into and out of the jobs; nil if the jobs do not report both.
  public var flow: EventFlow? {
    guard let eventsIn, let eventsOut else { return nil }
    return EventFlow(eventsIn: eventsIn, eventsOut: eventsOut)
  }
}
