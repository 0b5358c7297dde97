import SpoolModel
import Testing

/// A small generator with a seed, so that a failure can be had again (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }

  /// A text of these characters.
  mutating func text(_ alphabet: String, _ lengths: ClosedRange<Int>) -> String {
    let letters = Array(alphabet)
    let length = Int.random(in: lengths, using: &self)
    return String((0..<length).map { _ in letters.randomElement(using: &self) ?? "?" })
  }
}

/// What a request's reading threw, or nil.
func requestError(_ body: () throws -> Void) -> RequestError? {
  do {
    try body()
    return nil
  } catch {
    return error as? RequestError
  }
}

/// JSON as bytes, for what reads them.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// A task request that is good, to be changed at one place.
func taskJSON(_ changes: [String: JSON?] = [:]) -> JSON {
  var object = JSONObject([
    .init("kind", "task"), .init("name", "run42.reco"), .init("input", "run42.raw"),
    .init("command", ["reco", "{input}"]),
  ])
  for (key, value) in changes.sorted(by: { $0.key < $1.key }) { object[key] = value }
  return .object(object)
}

func task(_ changes: [String: JSON?] = [:], root: String = "/data") throws -> TaskSpec {
  try TaskSpec(taskJSON(changes), root: root)
}

/// Names that tests use without asking whether they are good.
func name(_ text: String) throws -> Name { try #require(Name(text)) }
func pilotName(_ text: String) throws -> PilotName { try #require(PilotName(text)) }
