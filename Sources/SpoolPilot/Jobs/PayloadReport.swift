internal import SpoolModel
internal import SpoolStore

/// The report of a payload, which it wrote to `{report}`: a flat JSON object of numbers.
enum PayloadReport {
  /// Bytes.
  static let largest = 64 << 10

  /// Reads a report; empty where the payload wrote none. Fails with what is wrong with it.
  static func read(_ path: String, _ files: any FileSystem) throws(RequestError) -> JSONObject {
    let bytes: [UInt8]?
    do throws(FileError) {
      bytes = try files.readIfPresent(path, limit: largest)
    } catch {
      throw RequestError("the report cannot be read: \(error)")
    }
    guard let bytes else { return JSONObject() }
    let json: JSON
    do throws(JSONError) {
      json = try JSON.parse(bytes)
    } catch {
      throw RequestError("the report is not JSON: \(error)")
    }
    guard let object = json.object, object.members.allSatisfy({ $0.value.double != nil }) else {
      throw RequestError("the report is not a flat object of numbers, as {\"eventsIn\": 1000}")
    }
    return object
  }
}
