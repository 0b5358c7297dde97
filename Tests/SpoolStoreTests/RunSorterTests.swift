import SpoolStore
import SpoolTesting
import Testing

struct RunSorterTests {
  /// Lines beyond what is sorted in memory come in the order of their keys, and no run is left.
  @Test(arguments: [0, 1, 1000, 3 * RunSorter.runLength + 7]) func sorts(_ count: Int) throws {
    let files = MemoryFileSystem()
    try files.plantDirectories("/scratch")
    var sorter = RunSorter(prefix: "/scratch/run", files)
    var random = SeededRandom(count)
    let numbers = (0..<count).shuffled(using: &random)
    for number in numbers {
      try sorter.add(Array("line \(number)".utf8), key: Array("\(1_000_000 + number)".utf8))
    }
    var seen: [String] = []
    try sorter.drain { seen.append(String(decoding: $0, as: UTF8.self)) }
    #expect(seen == (0..<count).map { "line \($0)" })
    #expect(files.paths(below: "/scratch").isEmpty)
  }

  /// A key that begins another comes before it, whatever the lines hold.
  @Test func aKeyThatBeginsAnother() throws {
    let files = MemoryFileSystem()
    var sorter = RunSorter(prefix: "/scratch/run", files)
    for (line, key) in [("a", "k.1"), ("b", "k"), ("c", "k-1")] {
      try sorter.add(Array(line.utf8), key: Array(key.utf8))
    }
    var seen = ""
    try sorter.drain { seen += String(decoding: $0, as: UTF8.self) }
    #expect(seen == "bca")
  }
}
