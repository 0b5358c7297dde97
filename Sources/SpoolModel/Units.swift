/// Sizes and times as people write them (DESIGN 5), and back.
public enum Units {
  /// Returns the bytes of `512MB` (10⁶), `16GiB` (2³⁰) or `77` (bytes); nil for a text that is no
  /// size, and for one that is too large.
  public static func bytes(_ text: String) -> Int? {
    scaled(
      text,
      [
        ("", 1), ("B", 1), ("kB", 1000), ("KB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000),
        ("TB", 1_000_000_000_000), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30),
        ("TiB", 1 << 40),
      ])
  }

  /// Returns the milliseconds of `500ms`, `10s`, `5m`, `2h` or `7d`; nil for a text that is no
  /// time, and for one that is too long.
  public static func milliseconds(_ text: String) -> Int? {
    scaled(
      text, [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)])
  }

  /// Returns the duration of `500ms`, `10s`, `5m`, `2h` or `7d`; nil for a text that is no time,
  /// and for one that is too long.
  public static func duration(_ text: String) -> Duration? {
    milliseconds(text).map { .milliseconds($0) }
  }

  private static func scaled(_ text: String, _ units: [(String, Int)]) -> Int? {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let unit = text.dropFirst(digits.count).drop { $0 == " " }
    guard !digits.isEmpty, let scale = units.first(where: { $0.0 == unit })?.1,
      let value = Double(digits), value.isFinite
    else { return nil }
    let product = (value * Double(scale)).rounded()
    return product <= Double(1 << 50) ? Int(product) : nil
  }

  /// Returns a size for people: `2.0 GB`, `512 MB`, `77 B`.
  public static func text(bytes: Int) -> String {
    for (unit, scale) in [("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)]
    where Double(bytes) >= scale {
      return "\(fixed(Double(bytes) / scale, 1)) \(unit)"
    }
    return "\(bytes) B"
  }

  /// Returns a time for people: `350 ms`, `12.0 s`, `4m 05s`, `2h 03m`, `3d 04h`.
  public static func text(milliseconds: Int) -> String {
    let seconds = milliseconds / 1000
    switch milliseconds {
    case ..<1000: return "\(milliseconds) ms"
    case ..<60_000: return "\(fixed(Double(milliseconds) / 1000, 1)) s"
    case ..<3_600_000: return "\(seconds / 60)m \(two(seconds % 60))s"
    case ..<86_400_000: return "\(seconds / 3600)h \(two(seconds % 3600 / 60))m"
    default: return "\(seconds / 86400)d \(two(seconds % 86400 / 3600))h"
    }
  }

  /// Returns a duration for people, as `text(milliseconds:)` does.
  public static func text(_ duration: Duration) -> String {
    text(milliseconds: duration.milliseconds)
  }

  /// Returns a number with a fixed count of decimals.
  public static func fixed(_ value: Double, _ decimals: Int) -> String {
    let scale = (0..<decimals).reduce(1) { product, _ in product * 10 }
    guard value.isFinite, value.magnitude * Double(scale) < 1e18 else { return "\(value)" }
    let scaled = Int((value.magnitude * Double(scale)).rounded())
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard decimals > 0 else { return "\(sign)\(scaled)" }
    let fraction = String(scaled % scale)
    let zeros = String(repeating: "0", count: decimals - fraction.utf8.count)
    return "\(sign)\(scaled / scale).\(zeros)\(fraction)"
  }

  private static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
