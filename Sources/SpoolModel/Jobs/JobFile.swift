/// A job's file as bytes: the job, and once an attempt has ended, its result (R2).
public struct JobFile: Equatable, Sendable {
  public var document: JobDocument
  /// Nil where none was written, or where it is torn.
  public var result: JobResult?

  /// Reads a file; a torn result still leaves a readable job.
  public init(_ bytes: [UInt8]) throws(RequestError) {
    let json = try Self.parse(bytes)
    document = try JobDocument(json)
    result = json["result"].flatMap { JobResult($0) }
  }

  private static func parse(_ bytes: [UInt8]) throws(RequestError) -> JSON {
    do throws(JSONError) {
      return try JSON.parse(bytes)
    } catch {
      guard let end = bytes.firstIndex(of: 10),
        let json = try? JSON.parse(bytes[..<end] + [UInt8(ascii: "}")])
      else { throw RequestError(error) }
      return json
    }
  }

  /// Where a result goes in a file of these bytes, and what is written there: from the job's last
  /// brace, which it moves behind itself. Nil where the file does not end as a job's does.
  public static func addition(
    of result: JobResult, to bytes: [UInt8]
  ) -> (offset: Int, bytes: [UInt8])? {
    guard bytes.count >= 2, bytes[bytes.count - 1] == 10,
      bytes[bytes.count - 2] == UInt8(ascii: "}")
    else { return nil }
    var text = Array("\n,\"result\":".utf8)
    text += result.json.compact
    text += [UInt8(ascii: "}"), 10]
    return (bytes.count - 2, text)
  }
}
