internal import SpoolModel

/// The names of files that hold requests.
enum RequestName {
  /// Returns a name for a file, `reco.json`, that no other request has: `reco.1796000000123-77.json`.
  static func unique(_ file: String, at time: Timestamp, by writer: Int) -> String {
    let dot = file.lastIndex(of: ".") ?? file.endIndex
    return "\(file[..<dot]).\(time.milliseconds)-\(writer)\(file[dot...])"
  }

  /// Returns true for a file that most likely asks for a task: by its name alone.
  static func isOf(_ name: Name, _ file: String) -> Bool {
    if file == "\(name).json" { return true }
    // A second refused one of that name: `7-reco.json`.
    let number = file.prefix(while: isDigit)
    if !number.isEmpty, file.dropFirst(number.count) == "-\(name).json" { return true }
    guard file.hasPrefix("\(name)."), file.hasSuffix(".json") else { return false }
    let parts = file.dropFirst(name.text.count + 1).dropLast(5)
      .split(separator: "-", omittingEmptySubsequences: false)
    // Milliseconds since 1970, so that no name of a person's own choice is meant.
    return parts.count == 2 && parts[0].count >= 13
      && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy(isDigit) }
  }

  private static func isDigit(_ character: Character) -> Bool {
    character.isASCII && character.isNumber
  }
}
