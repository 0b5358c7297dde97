/// `frames generate`: writes frames, and if asked the manifest and the truth.
enum GenerateCommand {
  static let usage = """
    usage: frames generate --out DIR --frames N [--slices N] [--seed S] [--run R]
                           [--manifest FILE] [--dataset NAME] [--truth FILE]
                           [--pace MS] [--end NAME]

      --out DIR        where frame-000000.raw and so on are written; made if it is not there
      --frames N       how many frames
      --slices N       time slices in a frame (240)
      --seed S         another seed gives other frames, the same seed the same (1)
      --run R          the run's number, which is in each frame (1)
      --manifest FILE  write a Spool dataset manifest of the frames
      --dataset NAME   the dataset's name in it (frames.raw)
      --truth FILE     write what is in the frames, for `frames score`
      --pace MS        no more than one frame in so many milliseconds, as a detector takes data
      --end NAME       when all frames are there, put an empty file of this name beside them

    A frame is written under a hidden name and moved to its own: whoever watches DIR sees whole
    frames only.

    example: frames generate --out data/raw --frames 120 --manifest frames.raw.json
             frames generate --out buffer --frames 200 --run 42 --pace 50 --end run42.end

    """

  private struct Totals {
    var slices = 0
    var pairs = 0
    var hits = 0
    var bytes = 0
  }

  static func run(_ words: [String]) throws(Failure) {
    let names: Set = [
      "--out", "--frames", "--slices", "--seed", "--run", "--manifest", "--dataset", "--truth",
      "--pace", "--end",
    ]
    guard let arguments = try Arguments.parse(words, options: names, usage: usage) else { return }
    guard arguments.positionals.isEmpty else {
      throw arguments.wrong("'\(arguments.positionals[0])' is too much")
    }
    let out = try arguments.required("--out")
    _ = try arguments.required("--frames")
    let count = try arguments.integer("--frames", in: 1...1_000_000) ?? 1
    let generator = try generator(arguments)
    let pace = Pace(milliseconds: try arguments.integer("--pace", in: 0...3_600_000) ?? 0)
    let dataset = arguments.value("--dataset") ?? "frames.raw"
    guard Manifest.isName(dataset) else {
      throw arguments.wrong("--dataset is '\(dataset)', expected letters, digits, '.', '_', '-'")
    }
    if let end = arguments.value("--end"), end.isEmpty || end.contains("/") {
      throw arguments.wrong("--end is '\(end)', expected a name without '/'")
    }
    let directory = try Files.makeDirectory(out)
    var manifest = Manifest(name: dataset)
    let (totals, truth) = try write(generator, count, pace, directory, &manifest)
    if let path = arguments.value("--truth") { try Files.publish(Array(truth.utf8), as: path) }
    if let path = arguments.value("--manifest") {
      try Files.publish(Array(manifest.text.utf8), as: path)
    }
    if let end = arguments.value("--end") { try Files.publish([], as: "\(directory)/\(end)") }
    summarise(count, totals, directory)
  }

  private static func generator(_ arguments: Arguments) throws(Failure) -> Generator {
    Generator(
      seed: UInt64(try arguments.integer("--seed", in: 0...Int.max) ?? 1),
      run: UInt32(try arguments.integer("--run", in: 0...Int(UInt32.max)) ?? 1),
      slices: try arguments.integer("--slices", in: 1...10_000) ?? 240)
  }

  private static func write(
    _ generator: Generator, _ count: Int, _ pace: Pace, _ directory: String,
    _ manifest: inout Manifest
  ) throws(Failure) -> (Totals, truth: String) {
    var totals = Totals()
    var truth = "# frame slice kind mass accepted\n"
    for number in 0..<count {
      let (frame, truths) = generator.frame(UInt32(number))
      let bytes = frame.encoded()
      let digits = String(number)
      let padding = String(repeating: "0", count: max(0, 6 - digits.count))
      let path = "\(directory)/frame-\(padding)\(digits).raw"
      pace.wait(for: number)
      try Files.publish(bytes, as: path)
      manifest.add(
        path: path, size: bytes.count, adler32: bytes.withUnsafeBytes(Adler32.checksum))
      for entry in truths { truth += entry.line }
      totals.slices += frame.slices.count
      totals.pairs += truths.count(where: \.isPair)
      totals.hits += frame.hitCount
      totals.bytes += bytes.count
    }
    return (totals, truth)
  }

  private static func summarise(_ count: Int, _ totals: Totals, _ directory: String) {
    let megabytes = Terminal.fixed(Double(totals.bytes) / 1e6, 1)
    let kilobytes = Terminal.fixed(Double(totals.bytes) / Double(count) / 1e3, 0)
    Terminal.say(
      """
      \(count) frames in \(directory): \(megabytes) MB, \(kilobytes) kB each
      \(totals.slices) time slices, \(totals.hits) hits; \(totals.pairs) slices hold a muon pair

      """)
  }
}
