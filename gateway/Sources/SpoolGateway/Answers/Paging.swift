internal import SpoolModel

/// The place in a list of names from which a page goes on: a name, and what the list is ordered by.
/// It stays good while entries come and go.
struct NameCursor: Equatable {
  /// The time by which the list is ordered; 0 for a list by name.
  var time: Int
  /// The name of the last entry of the page before.
  var name: String

  var text: String { "\(time)~\(name)" }

  init(time: Int = 0, name: String) {
    self.time = time
    self.name = name
  }

  /// Reads a cursor; nil for what no page gave out.
  init?(_ text: String) {
    guard let tilde = text.firstIndex(of: "~"), let time = Int(text[..<tilde]) else { return nil }
    let name = text[text.index(after: tilde)...]
    guard Name(name) != nil || PilotName(name) != nil else { return nil }
    self.init(time: time, name: String(name))
  }
}

/// The place in a ledger or a catalogue from which a page goes on.
struct LineCursor: Equatable {
  /// The byte of the next line.
  var offset: Int

  var text: String { "\(offset)" }

  init(offset: Int) { self.offset = offset }

  /// Reads a cursor; nil for what no page gave out.
  init?(_ text: String) {
    guard text.utf8.count <= 15, let offset = Int(text), offset >= 0, "\(offset)" == text else {
      return nil
    }
    self.offset = offset
  }
}

/// The bounds of a page.
enum Paging {
  static let most = 1000
  static let usual = 100
}
