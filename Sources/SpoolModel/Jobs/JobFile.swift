/// The file of a job: the job itself and, once an attempt has ended, the result (R2).
public struct JobFile: Equatable, Sendable {
  /// The job.
  public var document: JobDocument
  /// The result; nil if there is none yet, or if it is torn.
  public var result: JobResult?

  /// Reads a file; a torn result still leaves a readable job.
  public init(_ bytes: [UInt8]) throws(RequestError) {
    let json = try Self.parse(bytes)
    document = try JobDocument(json)
    result = json["result"].flatMap { JobResult(json: $0) }
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

  /// Returns the bytes of a result, and the offset at which they are written into a file of these
  /// bytes: from the job's last brace, which the result moves behind itself. Nil if the file does
  /// not end as a job's does.
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
