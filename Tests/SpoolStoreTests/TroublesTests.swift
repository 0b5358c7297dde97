import Glibc
import SpoolStore
import SpoolTesting
import Testing

struct TroublesTests {
  /// One trouble is told once, for however many files of a directory it is met, renames included.
  @Test func isToldOncePerDirectory() {
    let said = Log<String>()
    let troubles = Troubles(time: ManualTime(), say: { said.add($0) })
    for number in 0..<9 {
      troubles.note(FileError("rename", "/s/done/j\(number) to /s/done/t/j\(number)", EACCES))
    }
    #expect(said.all.count == 1 && troubles.lines.count == 1)
    troubles.note(FileError("rename", "/s/failed/j to /s/failed/t/j", EACCES))
    troubles.note(FileError("create", "/s/ready-cpu/j", EACCES))
    #expect(said.all.count == 3)
  }

  /// A trouble that was met at one try is told without a duration, which nobody knows.
  @Test func isToldToHavePassed() {
    let said = Log<String>()
    let time = ManualTime()
    let troubles = Troubles(time: time, say: { said.add($0) })
    let at = time.timestamp
    troubles.note(FileError("open", "/s/a", EIO))
    time.advance(3)
    troubles.note(FileError("open", "/s/b", EIO))
    time.advance(5000)
    troubles.look()
    #expect(said.all.last == "passed: EIO (met only at \(at))")
    troubles.note(FileError("open", "/s/a", EIO))
    time.advance(2000)
    troubles.note(FileError("open", "/s/a", EIO))
    time.advance(5000)
    troubles.look()
    #expect(said.all.last == "passed: EIO (it lasted 2.0 s)")
  }
}
