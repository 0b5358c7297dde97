/// The file of a job: the job itself and, once an attempt has ended, the result (R2). Each bears its
/// own checksum.
public struct JobFile: Equatable, Sendable {
  /// The job.
  public var document: JobDocument
  /// The result; nil if there is none yet, or if it is torn.
  public var result: JobResult?

  /// The format of a file whose job and result are sealed (``SealedJSON``). Files of format 1 have no
  /// seals.
  static let sealedFormat = 2
  /// The format of a sealed file whose job runs in a container. Pilots of versions that know no
  /// containers refuse it: they would run the command without one.
  static let containerFormat = 3

  /// Returns the format in which a job is written: the earliest whose readers understand it.
  static func format(of job: JobDocument) -> Int {
    job.container == nil ? sealedFormat : containerFormat
  }

  /// Reads a file; a torn or damaged result still leaves a readable job. A job that is not as it was
  /// written is refused.
  public init(_ bytes: [UInt8]) throws(RequestError) {
    let json = try Self.parse(bytes)
    let format = json["format"]?.integer ?? 1
    guard format <= Self.containerFormat else {
      throw RequestError(
        "the job is of format \(format), which a later version of Spool writes; this one reads up to "
          + "\(Self.containerFormat)")
    }
    let isSealed = format >= Self.sealedFormat
    let line = bytes.prefix { $0 != 10 }
    let rest = bytes.dropFirst(line.count + 1)
    let job = rest.isEmpty ? Array(line) : line + [UInt8(ascii: "}")]
    guard SealedJSON.check(job) == (isSealed ? .intact : .unsealed) else {
      throw RequestError("the job is not as it was written: its crc32 is wrong")
    }
    document = try JobDocument(json)
    result = Self.isWhole(result: rest, isSealed) ? json["result"].flatMap(JobResult.init) : nil
  }

  /// Returns true if what stands behind the job's line is a result as it was written.
  private static func isWhole(result rest: ArraySlice<UInt8>, _ isSealed: Bool) -> Bool {
    guard let end = rest.lastIndex(of: UInt8(ascii: "}")) else { return !isSealed }
    let finding = SealedJSON.check(Array(rest[..<end].dropFirst(key.count)))
    return finding == .intact || (finding == .unsealed && !isSealed)
  }

  /// Returns true if a file is as it was written: the job, and the result where there is one.
  public static func isWhole(_ bytes: [UInt8]) -> Bool {
    guard let json = try? JSON.parse(bytes), let file = try? JobFile(bytes) else { return false }
    let hasEnded = json["result"] != nil || bytes.dropLast().contains(10)
    return file.result != nil || !hasEnded
  }

  /// The bytes between the job's line and the result.
  private static let key = Array(#","result":"#.utf8)

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
    var text = [10] + key
    text += SealedJSON.encode(result.json)
    text += [UInt8(ascii: "}"), 10]
    return (bytes.count - 2, text)
  }
}
