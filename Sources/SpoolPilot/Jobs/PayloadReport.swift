internal import SpoolModel
internal import SpoolStore

/// The report of a payload, which it wrote to `{report}`: a flat JSON object of numbers.
enum PayloadReport {
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
  static func read(_ path: String, _ files: any FileSystem) throws(Problem) -> JSONObject {
    let bytes: [UInt8]?
    do throws(FileError) {
      bytes = try files.readIfPresent(path, limit: largest)
    } catch {
      // A directory in its place, too long, without the right to read it: the payload made it so.
      throw error.isLasting ? .bad("the report cannot be read: \(error)") : .refused(error)
    }
    guard let bytes else { return JSONObject() }
    let json: JSON
    do throws(JSONError) {
      json = try JSON.parse(bytes)
    } catch {
      throw .bad("the report is not JSON: \(error)")
    }
    guard let object = json.object, object.members.allSatisfy({ $0.value.double != nil }) else {
      throw .bad("the report is not a flat object of numbers, as {\"eventsIn\": 1000}")
    }
    return object
  }
}
