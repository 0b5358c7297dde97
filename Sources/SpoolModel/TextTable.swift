/// A table for people: columns as wide as they need, the first flush left, columns of numbers flush
/// right.
public enum TextTable {
  /// Returns the lines of a table; the first row is the heading.
  public static func lines(_ rows: [[String]]) -> [String] {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0
    }
    let isNumeric = (0..<columns).map { column in
      rows.dropFirst().allSatisfy { $0.count <= column || $0[column].first?.isNumber ?? true }
    }
    return rows.map { row in
      let cells = row.enumerated().map { column, text in
        let space = String(repeating: " ", count: widths[column] - text.count)
        return column > 0 && isNumeric[column] ? space + text : text + space
      }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }
}
