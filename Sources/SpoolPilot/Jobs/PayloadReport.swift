internal import SpoolModel
internal import SpoolStore

/// The report of a payload, which it wrote to `{report}`: a JSON object of numbers.
struct PayloadReport {
  /// The numbers by name.
  var numbers = JSONObject()
  /// What is no number that can be summed, as text by name. It does not count, and fails no job.
  var leftOut = JSONObject()

  /// Bytes.
  static let largest = 64 << 10

  /// The reason for which there is no report.
  enum Problem: Error {
    /// The payload wrote something else.
    case bad(String)
    /// The pilot cannot read it now.
    case refused(FileError)
  }

  /// Reads a report; empty where the payload wrote none.
  static func read(_ path: String, _ files: any FileSystem) throws(Problem) -> PayloadReport {
    let bytes: [UInt8]?
    do throws(FileError) {
      bytes = try files.readIfPresent(path, limit: largest)
    } catch {
      // A directory in its place, too long, without the right to read it: the payload made it so.
      throw error.isLasting ? .bad("the report cannot be read: \(error)") : .refused(error)
    }
    guard let bytes else { return PayloadReport() }
    let json: JSON
    do throws(JSONError) {
      // Python writes NaN and Infinity, which are no JSON.
      json = try JSON.parse(bytes, anyNumber: true)
    } catch {
      throw .bad("the report is not JSON: \(error)")
    }
    guard let object = json.object else {
      throw .bad("the report is not an object of numbers, as {\"eventsIn\": 1000}")
    }
    var report = PayloadReport()
    for member in object.members {
      if ReportNumber(member.value) != nil {
        report.numbers.members.append(member)
      } else {
        report.leftOut.members.append(.init(member.key, .string(text(member.value))))
      }
    }
    return report
  }

  /// Returns a value as the note of it shows it.
  private static func text(_ value: JSON) -> String {
    value.string.map { String($0.prefix(40)) } ?? value.kindName
  }
}
