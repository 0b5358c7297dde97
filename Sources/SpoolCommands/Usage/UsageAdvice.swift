internal import SpoolModel

/// What a task's owner may ask for next time, from what its jobs used.
struct UsageAdvice {
  /// The lines of advice; one that says so where there is none.
  let lines: [String]

  /// The number of attempts from which on they tell something of others.
  static let fewest = 10

  init(_ usage: TaskUsage) {
    let asked = usage.asked
    guard usage.good >= Self.fewest else {
      lines = [
        "\(usage.good) attempts ended well: from \(Self.fewest) on there is advice on what to ask for"
      ]
      return
    }
    let advice =
      [Self.memory(usage, asked), Self.wall(usage, asked), Self.cores(usage, asked)]
      .compactMap { $0 }
    lines = advice.isEmpty ? ["what it asks for fits what it uses"] : advice
  }

  private static func memory(_ usage: TaskUsage, _ asked: Resources) -> String? {
    let most = usage.memory.most
    let has = Units.text(bytes: asked.memory)
    let used = "the most that an attempt used was \(Units.text(bytes: most)) of \(has)"
    if let over = usage.waste[Cause.memory.description]?.attempts {
      let more = size(max(asked.memory, most) / 2 * 3)
      return "--memory \(more): \(over) attempts were over their limit; \(used)"
    }
    // A quarter more than was seen.
    let enough = max(most / 4 * 5, 10_000_000)
    if most > asked.memory / 10 * 9 { return "--memory \(size(enough)): \(used)" }
    guard enough < asked.memory / 10 * 7 else { return nil }
    return "--memory \(size(enough)): \(used); with less, more of them fit on a pilot"
  }

  private static func wall(_ usage: TaskUsage, _ asked: Resources) -> String? {
    let most = usage.time.most
    let used = "the longest attempt took \(Units.text(milliseconds: most))"
    let has = Units.text(asked.wall)
    if let over = usage.waste[Cause.wall.description]?.attempts {
      let more = time(max(asked.wall.milliseconds, most) * 2)
      return "--wall \(more): \(over) attempts were over their limit; \(used) of \(has)"
    }
    // A job that goes on from checkpoints has that time in each attempt.
    if usage.hasPieces { return nil }
    let enough = max(most * 2, 10_000)
    if most > asked.wall.milliseconds / 10 * 9 {
      return "--wall \(time(enough)): \(used) of \(has)"
    }
    guard enough < asked.wall.milliseconds / 2 else { return nil }
    return "--wall \(time(enough)): \(used) of \(has); with less, they fit before a pilot's end"
  }

  private static func cores(_ usage: TaskUsage, _ asked: Resources) -> String? {
    guard let high = usage.efficiency.quantile(0.9), let median = usage.efficiency.quantile(0.5),
      let usual = usage.time.quantile(0.5), usual >= 1000
    else { return nil }
    let used = Double(high * asked.cpus) / 1000
    let cores = "nine of ten attempts used at most \(Units.fixed(used, 1)) cores of \(asked.cpus)"
    let enough = max(1, Int((used * 0.95).rounded(.up)))
    if enough < asked.cpus { return "--cpus \(enough): \(cores)" }
    if used > Double(asked.cpus) * 1.3 {
      return "--cpus \(enough): \(cores); they take those of other jobs"
    }
    guard median < 500 else { return nil }
    return "half of the attempts use at most \((median + 9) / 10) % of their time on a processor: "
      + "they wait, as for their inputs' filesystem"
  }

  /// Returns a size as an option takes it, rounded up to two digits.
  static func size(_ bytes: Int) -> String {
    for (unit, scale) in [("GB", 1_000_000_000), ("MB", 1_000_000)] where bytes >= scale {
      let tenths = (bytes + scale / 10 - 1) / (scale / 10)
      if tenths >= 100 { return "\((tenths + 9) / 10)\(unit)" }
      return tenths % 10 == 0 ? "\(tenths / 10)\(unit)" : "\(tenths / 10).\(tenths % 10)\(unit)"
    }
    return "2MB"
  }

  /// Returns a time as an option takes it, rounded up.
  static func time(_ milliseconds: Int) -> String {
    let seconds = (milliseconds + 999) / 1000
    if seconds < 120 { return "\((seconds + 9) / 10 * 10)s" }
    let minutes = (seconds + 59) / 60
    return minutes < 120 ? "\(minutes)m" : "\((minutes + 59) / 60)h"
  }
}
