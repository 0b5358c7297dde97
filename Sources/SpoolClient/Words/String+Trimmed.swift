extension String {
  /// The text without blanks and line ends at its end.
  package var trimmed: String {
    var text = self[...]
    while let last = text.last, last.isWhitespace { text = text.dropLast() }
    return String(text)
  }
}
