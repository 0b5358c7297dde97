/// `frames score`: how good the selection is, seen from the generator's side.
enum ScoreCommand {
  static let usage = """
    usage: frames score --truth FILE FRAME...

      --truth FILE  what `frames generate --truth FILE` wrote for these frames
      FRAME         a selected frame, raw or with tracks, or many merged

    example: frames score --truth truth.txt data/selected/*.frame

    """

  private struct Place: Hashable {
    let frame: UInt32
    let slice: UInt32
  }

  static func run(_ words: [String]) throws(Failure) {
    guard let arguments = try Arguments.parse(words, options: ["--truth"], usage: usage) else {
      return
    }
    guard !arguments.positionals.isEmpty else { throw arguments.wrong("no frame is given") }
    let truths = try Truth.read(try arguments.required("--truth"))
    var selected: Set<Place> = []
    var frames: Set<UInt32> = []
    var read = 0
    for path in arguments.positionals {
      for frame in try Input.read(path).contents {
        guard frames.insert(frame.number).inserted else {
          throw Failure.damaged(path, "has frame \(frame.number), which was already given")
        }
        read += Int(frame.slicesRead)
        for slice in frame.slices { selected.insert(Place(frame: frame.number, slice: slice)) }
      }
    }
    report(truths.filter { frames.contains($0.frame) }, selected, read)
  }

  private static func report(_ truths: [Truth], _ selected: Set<Place>, _ read: Int) {
    let pairs = truths.filter(\.isPair)
    let wanted = pairs.filter { $0.accepted && PairSelection.massWindow.contains($0.mass) }
    let hits = { (list: [Truth]) in
      list.count { selected.contains(Place(frame: $0.frame, slice: $0.slice)) }
    }
    let (found, good) = (hits(wanted), hits(pairs))
    let background = read - pairs.count
    let wrong = selected.count - good
    row("slices read", read, "")
    row("selected", selected.count, factor("1 in", read, selected.count))
    row("pairs to be found", wanted.count, "")
    row("of these found", found, percent("efficiency", found, wanted.count))
    row("true pairs", good, percent("purity", good, selected.count))
    row("slices without", background, "")
    row("of these selected", wrong, factor("background suppressed 1 in", background, wrong))
  }

  private static func row(_ name: String, _ count: Int, _ note: String) {
    let gap = String(repeating: " ", count: max(0, 18 - name.count))
    let tail = note.isEmpty ? "" : "  \(note)"
    Terminal.say("\(name)\(gap)\(Terminal.right(count, width: 8))\(tail)\n")
  }

  private static func percent(_ name: String, _ part: Int, _ whole: Int) -> String {
    whole > 0 ? "\(name) \(Terminal.fixed(100 * Double(part) / Double(whole), 1)) %" : name
  }

  private static func factor(_ name: String, _ whole: Int, _ part: Int) -> String {
    part > 0 ? "\(name) \(Terminal.fixed(Double(whole) / Double(part), 1))" : ""
  }
}
