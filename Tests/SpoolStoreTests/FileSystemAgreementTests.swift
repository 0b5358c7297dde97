import SpoolStore
import SpoolTesting
import Testing

/// The filesystem in memory answers as the real one does: random calls on both, compared one by one.
struct FileSystemAgreementTests {
  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func randomCallsAgree(seed: UInt64) throws {
    try TemporaryDirectory.with { root in
      let memory = MemoryFileSystem()
      try memory.plantDirectories(root)
      let sides = [Side(PosixFileSystem(), root), Side(memory, root)]
      var dice = Dice(state: seed)
      for step in 0..<1_500 {
        let call = Call.random(&dice, root)
        let answers = sides.map { $0.answer(to: call) }
        try #require(answers[0] == answers[1], "seed \(seed), step \(step): \(call)")
      }
      #expect(sides[0].tree(root) == sides[1].tree(root))
    }
  }
}

/// One of the two, with the file that it has open.
private final class Side {
  let fs: any FileSystem
  let root: String
  var file: (any OpenFile)?

  init(_ fs: any FileSystem, _ root: String) {
    self.fs = fs
    self.root = root
  }

  func answer(to call: Call) -> String {
    do {
      return try make(call)
    } catch {
      return error.description
    }
  }

  private func make(_ call: Call) throws(FileError) -> String {
    switch call {
    case .create(let path, let bytes): try fs.create(path, bytes, durable: false)
    case .read(let path): return "\(try fs.read(path, limit: 6))"
    case .list(let path): return "\(try fs.list(path, fresh: true).names.sorted())"
    case .rename(let path, let target): try fs.rename(path, to: target)
    case .renameExclusively(let path, let target):
      try fs.renameExclusively(path, to: target)
    case .link(let path, let target): try fs.link(path, to: target)
    case .remove(let path): try fs.remove(path)
    case .createDirectory(let path): try fs.createDirectory(path)
    case .removeDirectory(let path): try fs.removeDirectory(path)
    case .open(let path, let mode): file = try fs.open(path, mode)
    case .write(let offset, let bytes): try file?.write(bytes, at: offset)
    case .truncate(let size): try file?.truncate(to: size)
    case .readOpen: return "\(try file?.read(at: 0, count: 20) ?? [])"
    }
    return "done"
  }

  /// Every path below a directory with what a file holds.
  func tree(_ directory: String) -> [String] {
    let names = (try? fs.list(directory, fresh: false).names.sorted()) ?? []
    return names.flatMap { name in
      let path = "\(directory)/\(name)"
      guard let bytes = try? fs.read(path, limit: 1_000) else { return [path] + tree(path) }
      return ["\(path): \(bytes)"]
    }
  }
}

private enum Call {
  case create(String, [UInt8])
  case read(String)
  case list(String)
  case rename(String, String)
  case renameExclusively(String, String)
  case link(String, String)
  case remove(String)
  case createDirectory(String)
  case removeDirectory(String)
  case open(String, OpenMode)
  case write(Int, [UInt8])
  case truncate(Int)
  case readOpen

  static func random(_ dice: inout Dice, _ root: String) -> Call {
    let (path, other) = (dice.path(root), dice.path(root))
    let bytes = [UInt8](repeating: UInt8(dice.below(256)), count: dice.below(8))
    switch dice.below(15) {
    case 0, 1: return .create(path, bytes)
    case 2: return .read(path)
    case 3: return .list(path)
    case 4, 5: return .rename(path, other)
    case 6: return .renameExclusively(path, other)
    case 7: return .remove(path)
    case 8: return .createDirectory(path)
    case 9: return .removeDirectory(path)
    case 10: return .open(path, [.read, .update, .create][dice.below(3)])
    case 11: return .write(dice.below(10), bytes)
    case 12: return .truncate(dice.below(10))
    case 13: return .link(path, other)
    default: return .readOpen
    }
  }
}

/// SplitMix64.
private struct Dice {
  var state: UInt64

  mutating func below(_ limit: Int) -> Int {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return Int((z ^ (z >> 31)) % UInt64(limit))
  }

  /// One to three names below the root, from few.
  mutating func path(_ root: String) -> String {
    (0...below(3)).reduce(root) { path, _ in "\(path)/\(["a", "b", "c"][below(3)])" }
  }
}
