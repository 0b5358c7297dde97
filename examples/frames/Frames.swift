import Glibc

/// The online filter of an experiment without a trigger, small enough to be read in an hour.
///
/// Each verb is a file of its own; what they share are the formats (`Frame.swift`, `Event.swift`),
/// the reconstruction and the selection. `Event.swift` has the steps as plain functions: the whole
/// filter of `select` is made of the same ones as the steps of a chain.
@main
enum Frames {
  static let usage = """
    usage: frames generate --out DIR --frames N [--slices N] [--seed S] [--manifest FILE]
           frames select IN OUT [--report FILE]
           frames decode | reconstruct | select IN OUT [--report FILE]
           frames merge OUT IN... [--report FILE]
           frames histogram | list OUT...
           frames score --truth FILE OUT...

    generate     write frames of simulated detector data
    select       of a raw frame: find the tracks, keep the time slices that hold a muon pair
    histogram    show the masses of the pairs in selected frames
    list         list the selected slices
    score        compare selected frames with what the generator put in

    The same in steps, each of which hands a file to the next:

    decode       turn what was read out into hits in space
    reconstruct  find the tracks, keep the slices that have any
    select       of a reconstructed frame: keep the slices that hold a muon pair
    merge        make one file of many selected frames

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
    case "decode": try DecodeCommand.run(rest)
    case "reconstruct": try ReconstructCommand.run(rest)
    case "merge": try MergeCommand.run(rest)
    case "list": try ListCommand.run(rest)
    case "histogram": try HistogramCommand.run(rest)
    case "score": try ScoreCommand.run(rest)
    case "help", "--help", "-h": Terminal.say(usage)
    default: throw Failure.usage("there is no verb '\(verb)'\n\n\(usage)")
    }
  }
}
