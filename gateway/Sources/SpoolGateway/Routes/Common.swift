internal import HTTPTypes
internal import SpoolModel

/// What several routes share.
enum Common {
  /// The parameters of a list.
  static let paging: [Route.Parameter] = [
    .init(name: "limit", kind: .integer(1...Paging.most), summary: "Entries of a page; 100."),
    .init(name: "cursor", kind: .text, summary: "\"next\" of the page before."),
  ]

  /// The parameter for the wait of a request that changes something.
  static let wait = Route.Parameter(
    name: "wait", kind: .duration,
    summary: "Wait so long, as 5s, for what comes of the request; a minute at most.")

  /// Returns the part of an ordered list behind the cursor of a call.
  static func rest(
    of list: [NameCursor], _ call: Call, _ isBefore: (NameCursor, NameCursor) -> Bool
  ) throws(Problem) -> ArraySlice<NameCursor> {
    guard let text = call.value("cursor") else { return list[...] }
    guard let cursor = NameCursor(text) else { throw badCursor }
    // The first entry that the cursor is before.
    var (low, high) = (0, list.count)
    while low < high {
      let middle = (low + high) / 2
      if isBefore(cursor, list[middle]) { high = middle } else { low = middle + 1 }
    }
    return list[low...]
  }

  /// Returns the byte at which a page of lines begins.
  static func offset(_ call: Call) throws(Problem) -> Int {
    guard let text = call.value("cursor") else { return 0 }
    guard let cursor = LineCursor(text) else { throw badCursor }
    return cursor.offset
  }

  static var badCursor: Problem {
    Problem(.badRequest, "the parameter cursor: expected \"next\" of the page before")
  }
}
