import Glibc
import SpoolModel
import SpoolStore
import SpoolTesting
import Synchronization
import Testing

/// Independent pieces of work, done together: the same answers, in order, with threads and without.
struct TogetherTests {
  /// Makes calls together on ten names, of which two are taken already, and returns the answers.
  private func answers(_ file: FileSystemFixture) throws -> [Int32] {
    for number in [3, 7] { try file.create("\(number)") }
    let answers = Log<(Int, Int32)>()
    let (files, root) = (file.fs, file.root)
    let begun = files.together(10) { number in
      do throws(FileError) {
        try files.create("\(root)/\(number)", [1], durable: false)
        try files.rename("\(root)/\(number)", to: "\(root)/\(number).done")
        answers.add((number, 0))
      } catch {
        answers.add((number, error.code))
      }
      return true
    }
    #expect(begun == 10)
    return answers.all.sorted { $0.0 < $1.0 }.map(\.1)
  }

  /// An error of one leaves the others.
  @Test(arguments: Backing.allCases) func errors(backing: Backing) throws {
    try backing.with { file in
      let answers = try answers(file)
      #expect(answers == (0..<10).map { [3, 7].contains($0) ? EEXIST : 0 })
      #expect(try file.names().count == 10)
    }
  }

  /// Several at a time where pieces take long: so many that wait for one another come together.
  @Test(.timeLimit(.minutes(1))) func threads() {
    let files = PosixFileSystem(threads: 4, patience: .zero)
    let met = Mutex(0)
    let isMet = Mutex(false)
    let begun = files.together(5) { number in
      guard number > 0 else { return true }
      if met.withLock({ count in
        count += 1
        return count == 4
      }) {
        isMet.withLock { $0 = true }
      }
      while !isMet.withLock({ $0 }) { sched_yield() }
      return true
    }
    #expect(begun == 5)
  }

  /// On a quick disk all is done by the caller.
  @Test func noThreads() {
    let files = PosixFileSystem()
    let caller = pthread_self()
    let begun = files.together(100) { _ in pthread_equal(caller, pthread_self()) != 0 }
    #expect(begun == 100)
  }

  /// Those that were begun are the first, and each has ended.
  @Test(arguments: [0, 1, 2, 3, 50, 99]) func stops(last: Int) {
    let files = PosixFileSystem(threads: 8, patience: .zero)
    let ended = Log<Int>()
    let begun = files.together(100) { number in
      ended.add(number)
      return number != last
    }
    #expect(begun > last)
    #expect(begun <= last + 8)
    #expect(ended.all.sorted() == Array(0..<begun))
  }

  @Test func results() throws {
    let world = try World()
    let results = world.spool.each(Array(0..<1000), until: { $0 == 2 * 700 }) { $0 * 2 }
    #expect(results == (0...700).map { $0 * 2 })
  }

  /// Pieces of one kind are done one after the other, in order, and the kinds at the same time. What was
  /// not begun has no result.
  @Test(.timeLimit(.minutes(1))) func kinds() {
    let files = PosixFileSystem(threads: 4, patience: .zero)
    let spool = Spool(files: files, layout: Layout(root: "/spool"), config: SpoolConfig())
    let begun = Log<Int>()
    let busy = Mutex<Set<Int>>([])
    let most = Mutex(0)
    let results = spool.each(Array(0..<400), inTurnBy: { $0 % 4 }, until: { $0 == -300 }) {
      number in
      // The first is apart.
      guard number > 0 else { return 0 }
      let (isAlone, count) = busy.withLock { ($0.insert(number % 4).inserted, $0.count) }
      most.withLock { $0 = max($0, count) }
      begun.add(number)
      // All kinds have to meet, once.
      while number < 8, most.withLock({ $0 < 4 }) { sched_yield() }
      busy.withLock { _ = $0.remove(number % 4) }
      return isAlone ? -number : 1
    }
    #expect(!results.contains(1))
    #expect(results[300] == -300)
    for kind in 0..<4 {
      let own = begun.all.filter { $0 % 4 == kind }
      #expect(own == own.sorted())
      #expect(
        results.indices.filter { $0 % 4 == kind && results[$0] != nil } == (kind == 0 ? [0] : [])
          + own)
    }
    #expect(results[304] == nil)
  }
}
