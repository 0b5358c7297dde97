import SpoolStore
import Synchronization
import Testing

struct EventSourceTests {
  /// The events that a receiver was told of.
  private final class Received: Sendable {
    let events = Mutex<[DirectoryEvent]>([])
  }

  @Test func pollingReportsOneRescan() {
    let source = PollingEventSource(reason: "a limit")
    let received = Received()
    source.watch("/spool/incoming") { event in received.events.withLock { $0.append(event) } }
    let rescan = DirectoryEvent(directory: "/spool/incoming", name: "", kind: .rescan)
    #expect(received.events.withLock { $0 } == [rescan])
    #expect(!source.delivers)
    #expect(source.trouble == "a limit")
  }

  @Test func pollingIsHadForTheAsking() {
    let source = EventSources.make(poll: true)
    #expect(!source.delivers)
    #expect(source is PollingEventSource && source.trouble == nil)
  }
}
