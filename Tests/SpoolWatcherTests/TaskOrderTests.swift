import SpoolModel
import SpoolTesting
import Testing

@testable import SpoolWatcher

/// The order of claiming and the latest ends, kept up record by record: at every moment what sorting
/// all tasks would give.
struct TaskOrderTests {
  private typealias Text = RecordTexts

  /// A task as simply as can be.
  private struct Model {
    var name: String
    var number: Int
    var priority: Int
    var ended: Int?
  }

  private static func live(_ tasks: [Model]) -> [String] {
    tasks.filter { $0.ended == nil }.sorted { ($0.priority, $0.number) < ($1.priority, $1.number) }
      .map(\.name)
  }

  private static func latest(_ tasks: [Model]) -> [String] {
    let ended = tasks.filter { $0.ended != nil }
    return ended.sorted { ($0.ended ?? 0, $0.number) > ($1.ended ?? 0, $1.number) }
      .prefix(SpoolState.mostLatest).map(\.name)
  }

  /// Some records, each of one of the kinds that move a task.
  @Test(arguments: 1...8) func asSortingGives(seed: Int) throws {
    var random = SeededRandom(seed)
    var state = SpoolState()
    var tasks: [Model] = []
    var kinds: [Int: Int] = [:]
    for step in 0..<400 {
      let kind = tasks.count < 15 ? 0 : Int.random(in: 0..<6, using: &random)
      guard let record = try next(kind, step, &tasks, &random) else { continue }
      kinds[kind, default: 0] += 1
      try state.take(record)
      #expect(state.live.map(\.text) == Self.live(tasks), "step \(step): \(record)")
      #expect(state.latest.map(\.text) == Self.latest(tasks), "step \(step): \(record)")
      guard step % 50 == 0 else { continue }
      let saved = try #require(Checkpoint(state.json(leaving: []))).state
      #expect(saved.live == state.live && saved.latest == state.latest)
    }
    #expect(kinds.count == 6 && kinds.values.allSatisfy { $0 > 10 }, "\(kinds)")
  }

  /// The next record, and what it does to the model; nil where there is no task for it.
  private func next(
    _ kind: Int, _ step: Int, _ tasks: inout [Model], _ random: inout SeededRandom
  ) throws -> String? {
    if kind == 0 {
      let priority = Int.random(in: 0...9, using: &random)
      let number = (tasks.map(\.number).max() ?? 0) + 1
      tasks.append(Model(name: "t\(step)", number: number, priority: priority))
      return Text.task("t\(step)", priority: priority)
    }
    let isEnded = kind == 3 || kind == 4
    let fitting = tasks.indices.filter { kind == 1 || (tasks[$0].ended != nil) == isEnded }
    guard let index = fitting.randomElement(using: &random) else { return nil }
    let name = tasks[index].name
    switch kind {
    case 1:
      let priority = Int.random(in: 0...9, using: &random)
      tasks[index].priority = priority
      return Text.control("priority", name, at: step, ",\"priority\":\(priority)")
    case 3:
      tasks[index].ended = nil
      return Text.control("retry", name, at: step)
    case 4:
      // Packed: it is not known any more, and its number is never another's.
      if tasks[index].number == tasks.map(\.number).max() { return nil }
      tasks.remove(at: index)
      return Text.packed(name)
    default:
      // Ends that come at one moment, and a wall clock that was set back.
      let at = Int.random(in: 0..<40, using: &random)
      tasks[index].ended = at
      return Text.ended(name, kind == 2 ? "done" : "failed", at: at)
    }
  }

  /// An order about a chain moves all of its steps; what is held keeps its place.
  @Test func aChainsStepsMoveTogether() throws {
    let records = [Text.task("before"), Text.chain("run", "a", "b"), Text.task("after")]
    var state = try Text.state(records)
    #expect(state.live.map(\.text) == ["run.b", "before", "run.a", "after"])
    try state.take(Text.control("hold", "run"))
    #expect(state.live.map(\.text) == ["run.b", "before", "run.a", "after"])
    try state.take(Text.control("priority", "run", #","priority":9"#))
    #expect(state.live.map(\.text) == ["before", "after", "run.a", "run.b"])
    try state.take(Text.ended("run.a", at: 10))
    try state.take(Text.ended("run.b", at: 12))
    try state.take(Text.ended("after", at: 11))
    #expect(state.latest.map(\.text) == ["run.b", "after", "run.a"])
    try state.take(Text.packed("run"))
    #expect(state.live.map(\.text) == ["before"] && state.latest.map(\.text) == ["after"])
  }
}
