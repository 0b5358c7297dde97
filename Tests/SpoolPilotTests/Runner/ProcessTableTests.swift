import Glibc
import Testing

@testable import SpoolPilot

@Suite struct ProcessTableTests {
  private func table(_ parents: [pid_t: pid_t]) -> ProcessTable {
    ProcessTable(
      rows: parents.mapValues { parent in
        ProcessTable.Row(parent: parent, session: 0, group: 0, resident: 0, isZombie: false)
      })
  }

  @Test func ownersAreFoundByDescent() {
    let table = table([2: 1, 10: 2, 11: 10, 12: 11, 20: 2, 21: 20, 30: 2, 31: 30])
    let owners = table.owners(roots: [10: 1, 20: 2, 21: 3])
    #expect(owners == [10: 1, 11: 1, 12: 1, 20: 2, 21: 3])
  }

  @Test func ringsAndGapsAreHarmless() {
    let owners = table([5: 6, 6: 5, 7: 99, 8: 8]).owners(roots: [1: 1])
    #expect(owners == [1: 1])
  }

  @Test func marksTellRunnersApart() {
    let one = PayloadMark()
    let other = PayloadMark()
    #expect(one.limit(7) != other.limit(7))
    #expect(one.limit(7) != one.limit(8))
    #expect(PayloadMark(outer: "x.1").text(7).hasPrefix("x.1,"))
    #expect(PayloadMark(outer: nil).text(7).hasSuffix(".7"))
    #expect(one.readSerial(of: getpid()) == nil)
  }
}
