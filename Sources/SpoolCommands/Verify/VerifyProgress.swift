internal import SpoolModel
internal import SpoolStore

/// Shows how far a verification is: a bar on a terminal, a line now and then elsewhere.
struct VerifyProgress {
  let dataset: Name
  let total: Int
  private let isBar = Terminal.isInteractive
  private let begun: Int
  private var lastLine: Int

  static let lineInterval = 10_000
  static let width = 30

  init(_ dataset: Name, total: Int) {
    self.dataset = dataset
    self.total = total
    begun = SystemTime().now
    lastLine = begun
  }

  mutating func show(_ progress: Verification.Progress) {
    let now = SystemTime().now
    if isBar {
      let filled = min(Self.width, Self.width * progress.files / max(1, total))
      let bar =
        String(repeating: "#", count: filled) + String(repeating: ".", count: Self.width - filled)
      Terminal.write(Array("\r\u{1B}[K\(dataset)  [\(bar)]  \(words(progress, now))".utf8), to: 2)
    } else if now - lastLine >= Self.lineInterval {
      lastLine = now
      Terminal.note("\(dataset): \(words(progress, now))")
    }
  }

  func finish() {
    if isBar { Terminal.write(Array("\r\u{1B}[K".utf8), to: 2) }
  }

  private func words(_ progress: Verification.Progress, _ now: Int) -> String {
    let rate = progress.bytes * 1000 / max(1, now - begun)
    return "\(progress.files) of \(total) files, \(Units.text(bytes: progress.bytes)) read, "
      + "\(Units.text(bytes: rate))/s"
  }
}
