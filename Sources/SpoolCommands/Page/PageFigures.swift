internal import SpoolClient
internal import SpoolModel
internal import SpoolStore

/// The figures at the head of the page.
struct PageFigures {
  let survey: SpoolSurvey

  var html: HTML {
    let figures = [watcher, jobs, done, rate, cores, disk].compactMap(\.self)
    return "<dl class=\"figures\">\n\(figures.map(Self.figure).joined)</dl>\n"
  }

  private typealias Figure = (name: String, value: String, more: String)

  private static func figure(_ figure: Figure) -> HTML {
    """
    <div><dt>\(figure.name)</dt><dd><b>\(figure.value)</b><span>\(figure.more)</span></dd></div>

    """
  }

  private var watcher: Figure {
    guard let record = survey.watcher else { return ("watcher", "none", "") }
    var words = ["on \(record.host)", "epoch \(record.epoch)"]
    if let age = survey.watcherAge { words.append("heartbeat \(Units.text(age)) ago") }
    if let turns = record.turns {
      words.append("longest turn of the last minute \(Units.text(turns.longest))")
    }
    let state = survey.warning == nil ? "alive" : record.isClean ? "stopped" : "not alive"
    return ("watcher", state, words.joined(separator: ", "))
  }

  private var counts: [JobCounts] { survey.pages.filter { $0.task != nil }.map(\.jobs) }

  private var jobs: Figure {
    let live = counts.compactMap(\.live)
    let waiting = counts.reduce(0) { $0 + $1.waiting }
    return (
      "jobs that run", "\(live.reduce(0) { $0 + $1.running })",
      "\(live.reduce(0) { $0 + $1.ready }) are ready, \(waiting) wait"
    )
  }

  private var done: Figure {
    (
      "jobs done", "\(counts.reduce(0) { $0 + $1.done })",
      "\(counts.reduce(0) { $0 + $1.failed }) failed"
    )
  }

  private var rate: Figure? {
    survey.rate.map { ("jobs a second", Units.fixed($0, $0 < 10 ? 1 : 0), "ended well lately") }
  }

  private var cores: Figure {
    let alive = survey.pilots.filter { $0.condition(deadAfter: survey.deadAfter) != .lost }
    let records = alive.compactMap(\.record)
    let all = records.reduce(0) { $0 + $1.cpus }
    let busy = records.reduce(0) { $0 + $1.cpus - $1.freeCpus }
    return ("cores busy", "\(busy) of \(all)", "\(alive.count) pilots are alive")
  }

  private var disk: Figure? {
    guard let disk = survey.disk, disk.size > 0 else { return nil }
    let files =
      disk.files > 0
      ? ", \(Units.fixed(Double(disk.freeFiles) / Double(disk.files) * 100, 0)) % of its inodes"
      : ""
    return ("disk of the spool", "\(disk.percent) % full", disk.words + files)
  }
}
