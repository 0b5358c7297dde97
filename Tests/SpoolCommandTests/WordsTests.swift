import Glibc
import SpoolModel
import SpoolStore
import SpoolTesting
import Testing

@testable import SpoolClient
@testable import SpoolCommands

/// What verbs say, as far as it is decided without a process.
struct WordsTests {
  // MARK: The terminal

  @Test func aLineFitsTheTerminal() {
    let bar = String(repeating: "#", count: 26)
    let line = "a-task-with-quite-a-long-name: 3/30, 2 running"
    #expect(TaskProgress.drawn(line, bar, 80) == bar + " " + line)
    let narrow = TaskProgress.drawn(line, bar, 40)
    #expect(narrow == line)
    #expect(Terminal.fitted(narrow, 40).count == 39)
    #expect(Terminal.fitted("short", 40) == "short")
    #expect(Terminal.fitted("short", 0) == "s")
  }

  @Test func notEveryTerminalDraws() {
    #expect(Terminal.canDraw("xterm") && Terminal.canDraw("screen-256color"))
    #expect(!Terminal.canDraw("dumb") && !Terminal.canDraw("") && !Terminal.canDraw(nil))
  }

  // MARK: The watcher

  @Test func aProcessThatIsThereMayBeSilent() {
    let record = WatcherRecord(
      epoch: 1, id: "a", host: "node07", version: "1",
      process: ["pid": 17, "start": "2", "boot": "b", "namespace": "3"],
      at: Timestamp(milliseconds: 0))
    let words = { (isGone: Bool?, age: Int) in
      WatcherProbe.warning(record, isGone: isGone, age: .seconds(age), deadAfter: .seconds(5))
    }
    #expect(words(false, 4) == nil && words(nil, 4) == nil)
    #expect(words(true, 0)?.contains("died on node07") == true)
    #expect(words(false, 8)?.contains("its process 17 is alive: it is stopped or hangs") == true)
    #expect(words(nil, 8)?.contains("if it is dead, start one") == true)
  }

  // MARK: The wait

  @Test func whoIsInterruptedIsToldHowToGoOn() {
    #expect(
      Interruption.words(["t"])
        == "t goes on without this wait: `spool wait t` waits again, `spool cancel t` ends it")
    #expect(Interruption.words(["a", "b"]).contains("`spool cancel a b` ends them"))
  }

  // MARK: Attempts

  private func attempt(_ reason: String) throws -> LedgerLine {
    let json = try JSON.parse(
      Array(
        #"{"job":"t.00000000","attempt":1,"outcome":"memory","kind":"payload","registered":1,"retryAt":5,"reason":"#
          .utf8) + JSON.string(reason).compact + Array("}".utf8))
    return try #require(LedgerLine(json))
  }

  @Test func whatCannotRunDoesNotComeSoon() throws {
    let line = try attempt("over")
    let due = Timestamp(milliseconds: 5)
    let now = Timestamp(milliseconds: 9)
    #expect(AttemptText.next(line, due, now: now).hasSuffix("comes as soon as there is room"))
    let text = AttemptText.next(line, due, now: now, obstacle: "needs 2 GB of memory")
    #expect(text.hasSuffix("attempt 2 cannot run: needs 2 GB of memory"))
    #expect(!text.contains("room"))
  }

  @Test(arguments: [("a\r\nb\r\n", "b"), ("a\nb", "b"), ("a\rb", "b"), ("\r\n", nil)])
  func linesEndInMoreThanOneWay(_ reason: String, _ last: String?) {
    #expect(AttemptText.lastLine(reason) == last)
  }
}
