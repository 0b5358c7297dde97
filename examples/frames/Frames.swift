import Glibc

/// The online filter of an experiment without a trigger, small enough to be read in an hour.
///
/// Each verb is a file of its own; what they share is the format (`Frame.swift`), the
/// reconstruction and the selection, which are plain functions and can become steps of a chain.
@main
enum Frames {
  static let usage = """
    usage: frames generate --out DIR --frames N [--slices N] [--seed S] [--manifest FILE]
           frames select IN OUT [--report FILE]
           frames histogram OUT...
           frames score --truth FILE OUT...

    generate   write frames of simulated detector data
    select     find the tracks in a frame, keep the time slices that hold a muon pair
    histogram  show the masses of the pairs in selected frames
    score      compare selected frames with what the generator put in

    `frames VERB --help` tells more. Example:

      frames generate --out data/raw --frames 120
      frames select data/raw/frame-000000.raw selected.frame --report report.json
      frames histogram selected.frame

    """

  static func main() {
    do throws(Failure) {
      try run(Array(CommandLine.arguments.dropFirst()))
    } catch {
      Terminal.complain("frames: \(error.message)")
      exit(error.code)
    }
  }

  private static func run(_ words: [String]) throws(Failure) {
    guard let verb = words.first else {
      throw Failure.usage("a verb is missing\n\n\(usage)")
    }
    let rest = Array(words.dropFirst())
    switch verb {
    case "generate": try GenerateCommand.run(rest)
    case "select": try SelectCommand.run(rest)
    case "histogram": try HistogramCommand.run(rest)
    case "score": try ScoreCommand.run(rest)
    case "help", "--help", "-h": Terminal.say(usage)
    default: throw Failure.usage("there is no verb '\(verb)'\n\n\(usage)")
    }
  }
}
