/// The parser of a job's name, which takes it apart from its end.
struct JobNameParser {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var end: Int

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
    end = bytes.count
  }

  func name(_ stem: String) -> JobName? {
    var parser = self
    guard let tags = parser.tags(), let wall = parser.number("w"), let gpus = parser.number("g"),
      let memory = parser.number("m"), let cores = parser.number("c"), cores > 0,
      let attempt = parser.number("a"), attempt > 0, let index = parser.index(),
      let (priority, rank, task) = parser.head()
    else { return nil }
    return JobName(
      priority: priority, rank: rank, job: JobID(task: task, index: index), attempt: attempt,
      cores: cores, memory: memory, gpus: gpus, wall: wall, tags: tags, stem: stem)
  }

  /// The bytes after the last dot; the dot is dropped.
  private mutating func part() -> Slice<UnsafeBufferPointer<UInt8>>? {
    guard let dot = bytes[..<end].lastIndex(of: UInt8(ascii: ".")) else { return nil }
    defer { end = dot }
    return bytes[(dot + 1)..<end]
  }

  private mutating func tags() -> [String]? {
    let before = end
    guard let part = part(), part.first == UInt8(ascii: "t") else {
      end = before
      return []
    }
    let tags = part.dropFirst().split(
      separator: UInt8(ascii: "+"), omittingEmptySubsequences: false
    )
    .map { String(decoding: $0, as: UTF8.self) }
    return tags.allSatisfy(JobName.isTag) ? tags : nil
  }

  private mutating func number(_ letter: Unicode.Scalar) -> Int? {
    guard let part = part(), part.first == UInt8(ascii: letter) else { return nil }
    let digits = part.dropFirst()
    guard digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
    return Self.value(digits)
  }

  private mutating func index() -> Int? {
    guard let part = part(), part.count == 8 else { return nil }
    return Self.value(part)
  }

  private static func value(
    _ digits: Slice<UnsafeBufferPointer<UInt8>>, atMost most: Int = 10
  ) -> Int? {
    guard !digits.isEmpty, digits.count <= most else { return nil }
    var value = 0
    for digit in digits {
      guard digit >= 48, digit <= 57 else { return nil }
      value = value * 10 + Int(digit - 48)
    }
    return value
  }

  /// `p5-0000012345678.`, or `p5.`, and the task's name.
  private func head() -> (Int, Int?, Name)? {
    guard end > 3, bytes[0] == UInt8(ascii: "p"), bytes[1] >= 48, bytes[1] <= 57 else { return nil }
    var dot = 2
    var rank: Int?
    if bytes[2] == UInt8(ascii: "-") {
      dot = 3 + JobName.rankDigits
      guard end > dot + 1,
        let value = Self.value(bytes[3..<dot], atMost: JobName.rankDigits)
      else { return nil }
      rank = value
    }
    guard bytes[dot] == UInt8(ascii: "."),
      let task = Name(String(decoding: bytes[(dot + 1)..<end], as: UTF8.self))
    else { return nil }
    return (Int(bytes[1] - 48), rank, task)
  }
}
