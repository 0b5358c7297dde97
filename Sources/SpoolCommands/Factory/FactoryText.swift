internal import SpoolModel
internal import SpoolStore

/// The factories of a spool as text, for `spool status`.
enum FactoryText {
  /// The time after which a factory that ended is not shown any more.
  private static let memory = Duration.seconds(7 * 86_400)

  /// Returns a heading and the lines of each factory; nothing where there is none to show.
  static func lines(_ factories: [FactoryRecord], at now: Timestamp) -> [String] {
    let shown = factories.filter { $0.state != .ended && now - $0.at < memory }
    guard !shown.isEmpty else { return [] }
    return ["FACTORIES"] + shown.flatMap { lines($0, at: now) }
  }

  private static func lines(_ factory: FactoryRecord, at now: Timestamp) -> [String] {
    let isGone = ProcessIdentity.isGone(factory.process) == true && factory.state != .stopped
    let age = Units.text(max(.zero, now - factory.at))
    var lines = [
      "  \(factory.factory)  \(factory.engine) on \(factory.host): \(factory.running) running, "
        + "\(factory.queued) queued of at most \(factory.most); the backlog could use "
        + "\(factory.wanted) (\(age) ago\(isGone ? ", not running now" : ""))"
    ]
    if let reason = factory.reason { lines.append("    \(factory.state.rawValue): \(reason)") }
    let told = factory.told.filter { !(factory.reason ?? "").contains($0) }
    return lines + told.map { "    \($0)" }
  }
}
