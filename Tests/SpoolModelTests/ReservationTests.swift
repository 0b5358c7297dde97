import SpoolModel
import Testing

/// The order to keep room, and the room that is kept.
struct ReservationTests {
  private let now = Instant(milliseconds: 1000)

  private func job(_ limits: String, _ task: String = "t") throws -> JobName {
    try #require(JobName(fileName: "p5.\(task).00000001.a1.\(limits).json"))
  }

  // MARK: The order

  @Test func anOrderIsReadAsItWasWritten() throws {
    for queue in Queue.allCases {
      for lane in [nil] + Lane.all {
        let order = Reservation(ReadyPlace(queue, lane), job: try job("c4.m100.g0.w60.tssd"))
        #expect(Reservation(text: order.text) == order)
      }
    }
    let order = Reservation(ReadyPlace(.cpu), job: try job("c4.m2048.g1.w60"))
    #expect(order.text == "ready-cpu/p5.t.00000001.a1.c4.m2048.g1.w60.json\n")
    #expect(order.words == "keeps 4 cores, 2.1 GB, 1 GPUs for t.00000001")
  }

  /// Whatever is left of an order that was cut is none.
  @Test func aTornOrderIsNone() throws {
    let text = Reservation(ReadyPlace(.gpu, Lane(directory: "@07")), job: try job("c4.m100.g0.w60"))
      .text
    #expect(text == "ready-gpu/@07/p5.t.00000001.a1.c4.m100.g0.w60.json\n")
    for length in 0..<text.count { #expect(Reservation(text: String(text.prefix(length))) == nil) }
    for text in [text + "x", text + text, "ready-x/" + text, "\n", "/\n", "ready-cpu/\n"] {
      #expect(Reservation(text: text) == nil)
    }
  }

  // MARK: The room

  private func room(
    _ limits: String, free: Int, _ running: [(cores: Int, end: Int)]
  ) throws -> KeptRoom? {
    KeptRoom(
      for: try job(limits), free: KeptRoom.Part(cpus: free, memory: 1000, gpus: 0),
      running: try running.map {
        KeptRoom.Running(try job("c\($0.cores).m1.g0.w60", "r"), end: now + .seconds($0.end))
      }, at: now)
  }

  /// The room is free as soon as enough has ended, and no later end is waited for.
  @Test func theRoomIsFreeWhenEnoughHasEnded() throws {
    let running = [(1, 30), (1, 10), (1, 20), (1, 40)]
    #expect(try room("c2.m1.g0.w60", free: 0, running)?.freeAt == now + .seconds(20))
    #expect(try room("c4.m1.g0.w60", free: 0, running)?.freeAt == now + .seconds(40))
    #expect(try room("c2.m1.g0.w60", free: 2, running)?.freeAt == now)
    #expect(try room("c5.m1.g0.w60", free: 0, running) == nil)
    #expect(try room("c1.m2000.g0.w60", free: 4, running) == nil)
    // What should have ended may end at any moment.
    #expect(try room("c1.m1.g0.w60", free: 0, [(1, -5)])?.freeAt == now)
  }

  /// What will have ended by then may begin, and what fits beside; nothing else.
  @Test func onlyWhatEndsInTimeOrFitsBesideIsAdmitted() throws {
    let tight = try #require(try room("c4.m1.g0.w60", free: 1, [(2, 10), (1, 20)]))
    #expect(tight.spare.cpus == 0)
    #expect(tight.admits(try job("c1.m1.g0.w20"), at: now))
    #expect(!tight.admits(try job("c1.m1.g0.w21"), at: now))
    #expect(!tight.admits(try job("c1.m1.g0.w20"), at: now + .seconds(1)))
    let wide = try #require(try room("c2.m1.g0.w60", free: 1, [(2, 10), (1, 20)]))
    #expect(wide.spare.cpus == 1 && wide.freeAt == now + .seconds(10))
    #expect(wide.admits(try job("c1.m1.g0.w3600"), at: now))
    #expect(!wide.admits(try job("c2.m1.g0.w3600"), at: now))
    #expect(!wide.admits(try job("c1.m1001.g0.w3600"), at: now))
  }
}
