import SpoolStore
import SpoolTesting

/// The table that is printed.
enum Table {
  static let introduction = """
    pilots of 64 slots; a server that serves 64 calls at once; ten owners; simulated time
    job: mean duration   call: time of each call on the shared filesystem
    idle: slots' time without a payload   beyond: the part of it with a job in ready all the same
    lost: lost races per claim   calls: of all parties, per job   names: those of them on names
    late: from the drop of another owner's small task, when all is busy, to its first job
    cpu: the watcher's own processor time per job   turn: its longest, simulated and processor time

    """

  private static let columns = [
    ("pilots", 6), ("job", 6), ("call", 7), ("jobs/s", 7), ("idle", 6), ("beyond", 6),
    ("lost", 5), ("calls", 6), ("names", 5), ("calls/s", 8), ("server", 6), ("watcher", 7),
    ("cpu", 6), ("turn", 7), ("cpu", 7), ("late", 7),
  ]

  static var header: String {
    columns.map { pad($0.0, $0.1) }.joined(separator: "  ") + "  limit"
  }

  static func line(_ one: Case, _ crowd: Crowd, _ report: CrowdReport) -> String {
    let values = [
      "\(one.pilots)", "\(one.seconds) s", "\(one.call) ms", number(report.rate),
      percent(report.idle), percent(report.idleBeyond), decimals(report.lost, 2),
      decimals(report.callsPerJob, 1), decimals(report.namesPerJob, 1), number(report.callRate),
      percent(report.serverUse), percent(report.watcherUse),
      "\(number(report.watcherProcessor)) us", "\(number(report.longestTurn)) ms",
      "\(number(report.longestTurnProcessor)) ms",
      report.late.map { decimals(Double($0) / 1000, 1) + " s" } ?? "> 60 s",
    ]
    return zip(values, columns).map { pad($0, $1.1) }.joined(separator: "  ")
      + "  " + limit(crowd, report)
  }

  private static func limit(_ crowd: Crowd, _ report: CrowdReport) -> String {
    switch report.limit {
    case .none: "-"
    case .server: "server: \(number(crowd.server.capacity)) calls/s"
    case .watcher: "watcher: \(number(report.rate)) jobs/s"
    case .pilots:
      "pilot: \(number(report.rate / Double(crowd.setup.pilots))) jobs/s each"
    }
  }

  /// Which calls a job costs.
  static func details(_ report: CrowdReport) -> String {
    func list(_ name: String, _ counts: CallTally.Counts) -> String {
      let calls = FileOperation.allCases.filter { counts.calls[$0] > 0 }.map {
        "\($0) \(decimals(Double(counts.calls[$0]) / Double(max(1, report.jobs)), 2))"
      }
      return "  \(name): " + calls.joined(separator: ", ")
    }
    let mean =
      "  ready \(number(report.ready)), inbox \(report.inbox), "
      + "pilots busy \(percent(report.pilotUse))"
    return [list("pilots", report.pilots), list("watcher", report.watcher), mean]
      .joined(separator: "\n")
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  private static func percent(_ part: Double) -> String { decimals(part * 100, 1) + "%" }

  static func decimals(_ value: Double, _ digits: Int) -> String {
    let scale = digits == 1 ? 10.0 : 100.0
    let tenths = Int((value * scale).rounded())
    let fraction = "\(abs(tenths) % Int(scale))"
    return "\(tenths / Int(scale))." + String(repeating: "0", count: digits - fraction.count)
      + fraction
  }

  /// A whole number, with a comma after thousands.
  static func number(_ value: Double) -> String {
    let digits = Array("\(Int(value.rounded()))")
    return digits.indices.map { index in
      let left = digits.count - index
      return (index > 0 && left % 3 == 0 ? "," : "") + String(digits[index])
    }.joined()
  }
}
