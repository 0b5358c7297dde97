internal import SpoolModel

/// The form of a line: the CRC-32 of the JSON as 8 hexadecimal digits, a space, the JSON, a line's
/// end. The JSON's first member is the sequence number `n`.
enum JournalLine {
  /// Returns a record as a line.
  static func encode(_ record: JSONObject, sequence: Int) -> [UInt8] {
    var object = JSONObject([.init("n", .integer(sequence))])
    object.members += record.members
    let json = JSON.object(object).compact
    return Array(CRC32.hex(json).utf8) + [32] + json + [10]
  }

  /// Returns the record of a line; nil where the line is torn or damaged.
  static func decode(_ line: [UInt8]) -> (sequence: Int, record: JSONObject)? {
    guard line.count > 9, line[8] == 32 else { return nil }
    let json = line[9...]
    guard CRC32.hex(json).utf8.elementsEqual(line[..<8]),
      case .object(let object)? = try? JSON.parse(Array(json)), let sequence = object["n"]?.integer
    else { return nil }
    return (sequence, object)
  }
}

/// The first line of a segment.
struct SegmentHeader {
  var epoch: Int
  /// The form of the lines that the segment's writer gives to views.
  var format = ViewFormat.placed
  /// The segment before, and the number of its bytes that count. Bytes that a former watcher wrote
  /// later do not (R7). Nil for the first segment.
  var previous: (segment: Int, bytes: Int)?

  var record: JSONObject {
    var object = JSONObject([
      .init("type", "segment"), .init("format", .integer(format.rawValue)),
      .init("epoch", .integer(epoch)),
    ])
    if let previous {
      object["previous"] = [
        "segment": .integer(previous.segment), "bytes": .integer(previous.bytes),
      ]
    }
    return object
  }

  init(epoch: Int, previous: (segment: Int, bytes: Int)?) {
    self.epoch = epoch
    self.previous = previous
  }

  init?(_ record: JSONObject) {
    guard record["type"]?.string == "segment", let epoch = record["epoch"]?.integer,
      let format = record["format"]?.integer.flatMap({ ViewFormat(rawValue: $0) })
    else { return nil }
    self.epoch = epoch
    self.format = format
    if let segment = record["previous"]?["segment"]?.integer,
      let bytes = record["previous"]?["bytes"]?.integer
    {
      previous = (segment, bytes)
    }
  }
}
