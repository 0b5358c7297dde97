import SpoolModel
import Testing

/// Numbers that no part of Spool writes, from files that anybody may have written: they stop nothing.
struct HugeNumberTests {
  static let numbers = [Int.max, Int.min, Int.max - 1, Int.min + 1, 1 << 62, -1]

  private func record(_ number: Int) throws -> PilotRecord {
    let offer: JSON = [
      "cpus": .integer(number), "memory": .integer(number), "gpus": .integer(number),
    ]
    var object = try #require(offer.object)
    for (key, value) in [
      ("pilot", JSON.string("n-1")), ("host", "h"), ("version", "1"), ("counter", .integer(number)),
      ("started", .integer(number)), ("ends", .integer(number)), ("queues", ["cpu"]),
      ("tags", []), ("free", offer), ("jobs", .integer(number)), ("process", .null),
    ] {
      object[key] = value
    }
    return try #require(PilotRecord(.object(object)))
  }

  @Test(arguments: numbers) func aPilotsRecord(_ number: Int) throws {
    let record = try record(number)
    for shape in [
      Shape(queue: .cpu, cores: 1, memory: 0, gpus: 0, tags: []),
      Shape(queue: .cpu, cores: 1, memory: 1, gpus: 1, tags: []),
    ] {
      let slots = record.slots(for: shape)
      #expect((0...(1 << 30)).contains(slots))
      _ = shape.obstacle(among: [record, record])
    }
    #expect(record.cpus - record.freeCpus == 0 && record.memory - record.freeMemory == 0)
    #expect(record.gpus - record.freeGpus == 0 && record.jobs >= 0)
    _ = "\(record.started) \(record.ends.map(\.description) ?? "")"
    _ = Units.text(bytes: record.memory)
  }

  @Test(arguments: numbers) func timesAndDurations(_ number: Int) {
    let (time, zero) = (Timestamp(milliseconds: number), Timestamp(milliseconds: 0))
    for other in Self.numbers {
      _ = Units.text(time - Timestamp(milliseconds: other))
      _ = Instant(milliseconds: number) - Instant(milliseconds: other)
      _ = Instant(milliseconds: number) - .milliseconds(other)
      _ = "\(time + .milliseconds(other))"
    }
    #expect((zero - time).milliseconds == (number == .min ? .max : -number))
    #expect(Duration.seconds(number).milliseconds.signum() == number.signum())
  }

  /// A range of a log that no log has is no range.
  @Test(arguments: numbers + [(1 << 53) + 1]) func aRangeOfALog(_ number: Int) throws {
    let result: JSON = [
      "pilot": "n-1", "host": "h", "started": 1, "ended": 2, "class": "ok",
      "log": ["file": "logs/t/n-1.log", "offset": .integer(number), "length": .integer(number)],
    ]
    #expect(try #require(JobResult(json: result)).log == nil)
  }
}
