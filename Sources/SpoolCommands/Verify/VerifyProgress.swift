internal import SpoolModel
internal import SpoolStore

/// The progress of a verification on standard error: a bar on a terminal, a line now and then
/// elsewhere.
struct VerifyProgress {
  let dataset: Name
  let total: Int
  private let isBar = Terminal.isInteractive
  private let time = SystemTime()
  private let begun: Instant
  private var lastLine: Instant

  /// The time between two lines.
  static let lineInterval = Duration.seconds(10)
  static let width = 30

  init(_ dataset: Name, total: Int) {
    self.dataset = dataset
    self.total = total
    begun = time.instant
    lastLine = begun
  }

  /// Shows the progress.
  mutating func show(_ progress: Verification.Progress) {
    let now = time.instant
    if isBar {
      let filled = min(Self.width, Self.width * progress.files / max(1, total))
      let bar =
        String(repeating: "#", count: filled) + String(repeating: ".", count: Self.width - filled)
      Terminal.redraw("\(dataset)  [\(bar)]  \(words(progress, now))")
    } else if now - lastLine >= Self.lineInterval {
      lastLine = now
      Terminal.note("\(dataset): \(words(progress, now))")
    }
  }

  /// Clears the bar.
  func finish() {
    if isBar { Terminal.redraw("") }
  }

  private func words(_ progress: Verification.Progress, _ now: Instant) -> String {
    let rate = progress.bytes * 1000 / max(1, (now - begun).milliseconds)
    return "\(progress.files) of \(total) files, \(Units.text(bytes: progress.bytes)) read, "
      + "\(Units.text(bytes: rate))/s"
  }
}
