internal import SpoolClient
internal import SpoolModel

/// The pilots, each with a cell for every core.
struct PagePilots {
  let survey: SpoolSurvey

  /// The pilots that are shown, and the cells of one.
  static let mostPilots = 120
  static let mostCells = 128

  private typealias Row = (pilot: PilotListing.Entry, condition: PilotCondition)

  var html: HTML {
    let rows = survey.pilots.map {
      (pilot: $0, condition: $0.condition(deadAfter: survey.deadAfter))
    }
    guard !rows.isEmpty else {
      return StatusDocument.panel(
        "Pilots", "<p class=\"empty\">No pilot is alive: `spool pilot` starts one.</p>")
    }
    // Those that somebody should look at come first.
    let shown =
      (rows.filter { $0.condition != .running } + rows.filter { $0.condition == .running })
      .prefix(Self.mostPilots)
    let counts = PilotCondition.allCases.compactMap { condition -> String? in
      let count = rows.count { $0.condition == condition }
      return count > 0 ? "\(count) \(Self.word(condition))" : nil
    }
    return StatusDocument.panel(
      "Pilots: \(counts.joined(separator: ", "))",
      "<ul class=\"pilots\">\n\(shown.map(pilot).joined)</ul>"
        + StatusDocument.leftOut(
          rows.count - shown.count, "more pilots", "`spool pilots` lists all"))
  }

  private static func word(_ condition: PilotCondition) -> String {
    switch condition {
    case .running: "at work"
    case .drain: "leaving"
    case .quarantine: "in quarantine"
    case .lost: "lost"
    }
  }

  private func pilot(_ row: Row) -> HTML {
    let (pilot, condition) = row
    let age = pilot.age.map { "heartbeat \(Units.text($0)) ago" } ?? "no heartbeat yet"
    var words = [age]
    if let record = pilot.record {
      let busy = record.cpus - record.freeCpus
      words.insert("\(busy) of \(record.cpus) cores busy, \(record.jobs) jobs", at: 0)
      if record.gpus > 0 {
        words.insert("\(record.gpus - record.freeGpus) of \(record.gpus) GPUs", at: 1)
      }
      if !record.tags.isEmpty { words.append("tags \(record.tags.joined(separator: "+"))") }
    }
    let reason = pilot.record?.reason ?? pilot.reservation?.words
    let why: HTML = reason.map { "<p class=\"why\">\($0)</p>" } ?? .empty
    return """
      <li class="pilot \(condition.rawValue)"><div class="name">\(pilot.name.text) \
      \(condition == .running ? .empty : PageWork.state(condition.rawValue))</div>\
      \(cells(pilot.record))<p class="small">\(words.joined(separator: "; "))</p>\(why)</li>

      """
  }

  /// Returns the cells of a pilot's cores. A screen reader has the number in words.
  private func cells(_ record: PilotRecord?) -> HTML {
    guard let record, record.cpus > 0 else { return .empty }
    let busy = max(0, record.cpus - record.freeCpus)
    // Of a pilot with very many cores a cell stands for several.
    let scale = (record.cpus + Self.mostCells - 1) / Self.mostCells
    let (full, all) = ((busy + scale - 1) / scale, (record.cpus + scale - 1) / scale)
    let marks =
      String(repeating: "b", count: min(full, all))
      + String(
        repeating: "f", count: max(0, all - full))
    let cells = marks.map { $0 == "b" ? "<i class=\"b\"></i>" as HTML : "<i></i>" }.joined
    let note: HTML = scale > 1 ? "<p class=\"small\">a cell is \(scale) cores</p>" : .empty
    return "<div class=\"cells\" aria-hidden=\"true\">\(cells)</div>\(note)"
  }
}
