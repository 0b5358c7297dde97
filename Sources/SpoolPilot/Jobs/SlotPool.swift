internal import SpoolStore

/// The slots of a pilot in its scratch directory: made when they are needed, used again and again.
struct SlotPool {
  private let scratch: String
  private let files: any FileSystem
  private var free: [Slot] = []
  private var count = 0

  init(scratch: String, files: any FileSystem) {
    self.scratch = scratch
    self.files = files
  }

  /// Makes sure that a slot is free.
  mutating func reserve() throws(FileError) {
    if free.isEmpty { free.append(try make()) }
  }

  /// Takes a free slot, or makes one.
  mutating func take() throws(FileError) -> Slot {
    if let slot = free.popLast() { return slot }
    return try make()
  }

  /// Cleans a slot and takes it back. One that cannot be cleaned is not used again.
  mutating func giveBack(_ slot: Slot, isOfContainer: Bool = false) throws(FileError) {
    try slot.clean(files, isOfContainer: isOfContainer)
    free.append(slot)
  }

  private mutating func make() throws(FileError) -> Slot {
    let slot = Slot(number: count, in: scratch)
    try slot.prepare(files)
    count += 1
    return slot
  }
}
