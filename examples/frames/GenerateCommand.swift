/// `frames generate`: writes frames, and if asked the manifest and the truth.
enum GenerateCommand {
  static let usage = """
    usage: frames generate --out DIR --frames N [--slices N] [--seed S]
                           [--manifest FILE] [--dataset NAME] [--truth FILE]

      --out DIR        where frame-000000.raw and so on are written; made if it is not there
      --frames N       how many frames
      --slices N       time slices in a frame (240)
      --seed S         another seed gives other frames, the same seed the same (1)
      --manifest FILE  write a Spool dataset manifest of the frames
      --dataset NAME   the dataset's name in it (frames.raw)
      --truth FILE     write what is in the frames, for `frames score`

    example: frames generate --out data/raw --frames 120 --manifest frames.raw.json

    """

  private struct Totals {
    var slices = 0
    var pairs = 0
    var hits = 0
    var bytes = 0
  }

  static func run(_ words: [String]) throws(Failure) {
    let names: Set = [
      "--out", "--frames", "--slices", "--seed", "--manifest", "--dataset", "--truth",
    ]
    guard let arguments = try Arguments.parse(words, options: names, usage: usage) else { return }
    guard arguments.positionals.isEmpty else {
      throw arguments.wrong("'\(arguments.positionals[0])' is too much")
    }
    let out = try arguments.required("--out")
    _ = try arguments.required("--frames")
    let count = try arguments.integer("--frames", in: 1...1_000_000) ?? 1
    let slices = try arguments.integer("--slices", in: 1...10_000) ?? 240
    let seed = try arguments.integer("--seed", in: 0...Int.max) ?? 1
    let dataset = arguments.value("--dataset") ?? "frames.raw"
    guard Manifest.isName(dataset) else {
      throw arguments.wrong("--dataset is '\(dataset)', expected letters, digits, '.', '_', '-'")
    }
    let directory = try Files.makeDirectory(out)
    let generator = Generator(seed: UInt64(seed), slices: slices)
    var manifest = Manifest(name: dataset)
    let (totals, truth) = try write(generator, count, directory, &manifest)
    if let path = arguments.value("--truth") { try Files.publish(Array(truth.utf8), as: path) }
    if let path = arguments.value("--manifest") {
      try Files.publish(Array(manifest.text.utf8), as: path)
    }
    summarise(count, totals, directory)
  }

  private static func write(
    _ generator: Generator, _ count: Int, _ directory: String, _ manifest: inout Manifest
  ) throws(Failure) -> (Totals, truth: String) {
    var totals = Totals()
    var truth = "# frame slice kind mass accepted\n"
    for number in 0..<count {
      let (frame, truths) = generator.frame(UInt32(number))
      let bytes = frame.encoded()
      let digits = String(number)
      let padding = String(repeating: "0", count: max(0, 6 - digits.count))
      let path = "\(directory)/frame-\(padding)\(digits).raw"
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
