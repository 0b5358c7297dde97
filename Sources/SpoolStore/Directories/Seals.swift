public import SpoolModel

/// Files that few read, and that bear seals: whether they are as they were written.
extension Spool {
  /// Returns the offsets of lines of a view's copy that are not as they were written, at most
  /// `most`. A catalogue that a version without copies began has none that is whole.
  public func damage(
    inCopyOf view: View, to length: Int, most: Int
  ) throws(FileError) -> [Int] {
    guard let copy = try openCopy(of: view) else { return [] }
    defer { copy.close() }
    if let catalogue = try openIfPresent(view) {
      defer { catalogue.close() }
      if catalogue.isPlain { return [] }
    }
    return try copy.damage(to: length, most: most)
  }

  /// Returns true where a registered job's file is as it was written, or gone. What its pilot did not
  /// finish, or could not read, is known as such. These files are never synced: one that a power cut
  /// emptied is no damage, since the ledger has what counts.
  public func isWhole(_ file: RegisteredFile) throws(FileError) -> Bool {
    switch file.cause {
    case .torn, .lost, .cancelled: true
    default: try read(file).map { $0.allSatisfy { $0 == 0 } || JobFile.isWhole($0) } ?? true
    }
  }

  /// Returns the number of lines of an archived ledger, without its header; nil where one is not as it
  /// was written.
  public func lines(ofLedger task: Name, archivedIn unit: Name) throws(FileError) -> Int? {
    let path = archived(unit, task, .ledger)
    guard files.isPresent(path) else { return 0 }
    let view = try ViewReader(try files.open(path, .read), path, View.ledger(task).longestLine)
    defer { view.close() }
    var reader = view.lines()
    var count = 0
    while let line = try reader.next() {
      guard view.isIntact(line) else { return nil }
      count += 1
    }
    return max(0, count - 1)
  }

  /// Returns true where the archived page, or the archived job files, are as they were written, or
  /// are not there. Logs bear no seals.
  public func isWhole(
    archived part: ArchivePart, of task: Name, in unit: Name
  ) throws(FileError) -> Bool {
    let path = archived(unit, task, part)
    guard files.isPresent(path) else { return true }
    if part == .page { return try isWhole(pageAt: path) }
    let file = try files.open(path, .read)
    defer { try? file.close() }
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
