/// The format of a whole spool, as `format` in its `spool.json`: it says what a program must know to
/// work on the spool. A spool of an earlier format is taken over, and has the current one from then
/// on; from one of a later format a program keeps its hands off.
///
/// | format | what came with it |
/// |---|---|
/// | 1 | all before 0.2.0 |
/// | 2 | segments of the journal of format 3, which earlier programs take for damage |
/// | 3 | lanes, in which earlier programs find neither jobs nor results |
public enum SpoolFormat {
  /// The format that this program gives to a spool.
  public static let current = 3
  /// The first version of Spool that works on spools of the current format.
  public static let version = "0.3.0"

  /// Returns the format that a `spool.json` names, whatever else is in it; nil where it names none.
  public static func named(in bytes: [UInt8]) -> Int? {
    (try? JSON.parse(bytes))?["format"]?.integer
  }

  /// Returns a `spool.json` with the current format in the place of an earlier one, else byte for byte
  /// as it was, and the place of the first byte that differs; nil where the number is spelled in
  /// another way than with one digit, as all formats have had.
  public static func raised(_ bytes: [UInt8]) -> (bytes: [UInt8], offset: Int)? {
    let (digits, key) = (Array("\(current)".utf8), Array("\"format\"".utf8))
    for start in bytes.indices where bytes[start...].starts(with: key) {
      // What stands between the key and its value is white space and a colon.
      let rest = bytes[(start + key.count)...]
      guard let at = rest.firstIndex(where: { !" \t\r\n:".utf8.contains($0) }),
        (48...57).contains(bytes[at]), digits.count == 1
      else { continue }
      var raised = bytes
      raised[at] = digits[0]
      // The same key may stand in what the site added.
      if named(in: raised) == current { return (raised, at) }
    }
    return nil
  }
}
