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
}
