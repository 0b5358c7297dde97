/// `frames merge`: the last step of the chain, one file of what was selected in many frames.
enum MergeCommand {
  static let usage = """
    usage: frames merge OUT IN... [--report FILE]

      OUT            one file with the frames of all IN, by rising number: the order in which
                     the IN are given makes no difference
      IN             selected frames of one run, or merged ones
    \(Step.ends)
      The report also holds the histogram of the masses, hist00 to hist49.

    example: frames merge run42.pairs data/selected/*.pairs --report report.json

    """

  static func run(_ words: [String]) throws(Failure) {
    guard let arguments = try Arguments.parse(words, options: ["--report"], usage: usage) else {
      return
    }
    guard arguments.positionals.count >= 2 else { throw arguments.wrong("expected OUT and IN") }
    let (output, inputs) = (arguments.positionals[0], arguments.positionals[1...])
    guard !inputs.contains(output) else { throw arguments.wrong("OUT is one of the IN") }

    let (merged, bytesIn) = try merge(inputs)
    let step = Step(input: inputs[1], output: output, report: arguments.value("--report"))
    try step.write(
      merged.encoded(), bytesIn: bytesIn,
      [
        (key: "eventsIn", value: merged.eventCount), (key: "eventsOut", value: merged.eventCount),
        (key: "frames", value: merged.frames.count),
      ] + MassHistogram(merged.masses).report)
  }

  private static func merge(
    _ paths: ArraySlice<String>
  ) throws(Failure) -> (EventFile, bytesIn: Int) {
    var merged: EventFile?
    var origins: [UInt32: String] = [:]
    var bytesIn = 0
    for path in paths {
      let bytes = try Files.read(path)
      bytesIn += bytes.count
      let file = try EventFile.decode(bytes, path: path).require(.selected, path)
      var all = merged ?? EventFile(level: .selected, run: file.run)
      guard file.run == all.run else {
        throw .damaged(path, "is of run \(file.run), expected run \(all.run) as in \(paths[1])")
      }
      for frame in file.frames {
        if let other = origins.updateValue(path, forKey: frame.number) {
          throw .damaged(path, "has frame \(frame.number), which is in \(other), too")
        }
      }
      all.frames += file.frames
      merged = all
    }
    guard var merged else { throw .usage(usage) }
    merged.frames.sort { $0.number < $1.number }
    return (merged, bytesIn)
  }
}
