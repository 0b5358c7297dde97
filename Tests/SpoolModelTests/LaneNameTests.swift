import SpoolModel
import Testing

struct LaneNameTests {
  @Test func aLaneIsReadAsItWasWritten() {
    #expect(Lane.all.map(\.directory).first == "@00" && Lane.all.map(\.directory).last == "@63")
    for lane in Lane.all { #expect(Lane(directory: lane.directory) == lane) }
    #expect(Lane.all == Lane.all.sorted())
  }

  @Test(arguments: ["", "@", "@0", "@64", "@99", "@007", "00", "@0a", "@ 1", "x07", "@-1", "@०१"])
  func otherNamesAreNone(_ name: String) { #expect(Lane(directory: name) == nil) }

  @Test func aPlaceIsReadAsItWasWritten() {
    for queue in Queue.allCases {
      for place in [ReadyPlace(queue)] + Lane.all.map({ ReadyPlace(queue, $0) }) {
        #expect(ReadyPlace(directory: place.directory) == place)
      }
    }
    #expect(ReadyPlace(.cpu, Lane(directory: "@07")).directory == "ready-cpu/@07")
    for text in ["", "ready-cpu/", "ready-cpu/@7", "ready-cpu/@07/", "ready/@07", "/ready-cpu"] {
      #expect(ReadyPlace(directory: text) == nil)
    }
  }

  /// No lane is taken for anything else that may lie beside it.
  @Test func aLaneIsNothingElse() {
    for lane in Lane.all {
      #expect(Name(lane.directory) == nil)
      #expect(JobName(fileName: lane.directory) == nil)
      #expect(InboxName(fileName: lane.directory, failed: false) == nil)
    }
  }
}
