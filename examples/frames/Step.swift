/// What the steps of the filter have in common: one file in, one file out, and a report.
struct Step {
  let input: String
  let output: String
  let report: String?

  /// What usage texts tell of every step.
  static let ends = """
      --report FILE  write what was read, found and kept, as a JSON object of numbers

    exit status: 0 good (also when nothing was kept), 2 IN is damaged, 64 wrong usage,
    66 there is no IN, 73 OUT cannot be written, 74 IN cannot be read
    """

  /// Nil where help was asked for.
  static func parse(_ words: [String], usage: String) throws(Failure) -> Step? {
    guard let arguments = try Arguments.parse(words, options: ["--report"], usage: usage) else {
      return nil
    }
    guard arguments.positionals.count == 2 else {
      throw arguments.wrong("expected IN and OUT, got \(arguments.positionals.count) names")
    }
    let step = Step(
      input: arguments.positionals[0], output: arguments.positionals[1],
      report: arguments.value("--report"))
    guard step.input != step.output else { throw arguments.wrong("IN and OUT are the same file") }
    return step
  }

  /// Writes the output, and then the report with the bytes added: Spool sums both over the jobs.
  func write(
    _ bytes: [UInt8], bytesIn: Int, _ numbers: [(key: String, value: Int)]
  ) throws(Failure) {
    try Files.write(bytes, to: output)
    guard let report else { return }
    let sizes = [(key: "bytesIn", value: bytesIn), (key: "bytesOut", value: bytes.count)]
    try Files.write(Array(Json.report(numbers + sizes).utf8), to: report)
  }
}
