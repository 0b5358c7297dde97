public import SpoolModel

/// Files that few read, and that bear seals: whether they are as they were written.
extension Spool {
  /// Returns the offsets of lines of a catalogue's copy that are not as they were written, at most
  /// `most`. A catalogue that a version without copies began has none that is whole.
  public func damage(
    inCopyOf name: Name, to length: Int, most: Int
  ) throws(FileError) -> [Int] {
    guard let copy = try openCopy(name) else { return [] }
    defer { copy.close() }
    if let catalogue = try openIfPresent(.catalogue(name)) {
      defer { catalogue.close() }
      if catalogue.isPlain { return [] }
    }
    return try copy.damage(to: length, most: most)
  }

  /// Returns true where a registered job's file is as it was written, or gone. What its pilot did not
  /// finish, or could not read, is known as such.
  public func isWhole(_ file: RegisteredFile) throws(FileError) -> Bool {
    switch file.cause {
    case .torn, .lost, .cancelled: true
    default: try read(file).map(JobFile.isWhole) ?? true
    }
  }

  /// Returns true where a file of an archive is as it was written, or is not there. Logs bear no
  /// seals.
  public func isWhole(
    archived part: ArchivePart, of task: Name, in unit: Name
  ) throws(FileError) -> Bool {
    let path = archived(unit, task, part)
    guard part != .log, files.isPresent(path) else { return true }
    if part == .page { return try isWhole(pageAt: path) }
    let file = try files.open(path, .read)
    defer { try? file.close() }
    if part == .ledger {
      let view = View.ledger(task)
      return try ViewReader(file, path, view.longestLine)
        .damage(to: try file.attributes().size, most: 1).isEmpty
    }
    var reader = LineReader(file, from: 0, to: .max, longest: 64 << 20)
    while let line = try reader.next() {
      guard !line.isUnfinished, SealedJSON.check(line.bytes) != .damaged,
        (try? JSON.parse(line.bytes)) != nil
      else { return false }
    }
    return true
  }
}

extension ViewReader {
  /// Returns the offsets of lines that are not as they were written, and the offset at which the
  /// view ends if that is too early; at most `most`.
  public func damage(to length: Int, most: Int) throws(FileError) -> [Int] {
    var places: [Int] = []
    var reader = lines(to: length, longest: 64 << 20)
    while reader.offset < length, places.count < most {
      let place = reader.offset
      guard let line = try reader.next() else { return places + [place] }
      if !isIntact(line) { places.append(place) }
    }
    return places
  }
}
