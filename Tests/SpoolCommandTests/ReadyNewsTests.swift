import SpoolModel
import SpoolStore
import Testing

@testable import SpoolCommands

@Suite(.timeLimit(.minutes(5)))
struct ReadyNewsTests {
  private let waker: Waker
  private let event = DirectoryEvent(directory: "/s/ready-cpu", name: "a", kind: .movedIn)

  init() throws { waker = try Waker() }

  private func news(mayPause: Bool = false) throws -> ReadyNews {
    try ReadyNews(SystemTime(), waker: waker, mayPause: mayPause, pause: .seconds(3600))
  }

  @Test func aFullPilotIsNotWoken() throws {
    let news = try news()
    #expect(news.maySleep(hasRoom: false))
    news.take(event, of: .cpu)
    #expect(!waker.drain())
    // It hears of it all the same when it wakes.
    #expect(news.takeAll().keys.map(\.rawValue) == ["cpu"])
    #expect(news.takeAll().isEmpty)
  }

  @Test func aPilotWithRoomIsWokenOnce() throws {
    let news = try news()
    #expect(news.maySleep(hasRoom: true))
    news.take(event, of: .gpu)
    #expect(waker.drain())
    news.take(event, of: .gpu)
    #expect(!waker.drain())
  }

  @Test func newsThatCameBeforeTheSleepAreNotSleptOver() throws {
    let news = try news()
    news.take(event, of: .cpu)
    #expect(!news.maySleep(hasRoom: true))
    #expect(news.takeAll().count == 1)
    #expect(news.maySleep(hasRoom: true))
  }

  @Test func theMomentIsThatOfTheFirstEvent() throws {
    let news = try news()
    let time = SystemTime()
    news.take(event, of: .cpu)
    let after = time.instant
    while time.instant == after {}
    news.take(event, of: .cpu)
    #expect(try #require(news.takeAll()[.cpu]) <= after)
  }

  /// The pause is an hour here: only the pilot's room can end it.
  @Test func roomEndsAPause() throws {
    let news = try news(mayPause: true)
    let ended = try Waker()
    try WorkerThread.start { [event] in
      news.take(event, of: .cpu)
      ended.wake()
    }
    var heard = 0
    while !ended.wait(atMost: .milliseconds(1)) {
      heard += news.takeAll().count
      _ = news.maySleep(hasRoom: true)
    }
    #expect(heard + news.takeAll().count == 1)
  }

  @Test func thereIsNoPauseForARescanNorForAPilotThatWaits() throws {
    let news = try news(mayPause: true)
    news.take(DirectoryEvent(directory: "/s/ready-cpu", name: "", kind: .rescan), of: .cpu)
    _ = news.takeAll()
    #expect(news.maySleep(hasRoom: true))
    news.take(event, of: .cpu)
    #expect(waker.drain())
  }
}
