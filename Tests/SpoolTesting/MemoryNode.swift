internal import SpoolStore

/// An inode: it lives as long as a name or an open file leads to it, as on Linux (R2 rests on that).
final class MemoryNode {
  let inode: UInt64
  let kind: FileKind
  var bytes: [UInt8] = []
  /// What a power cut leaves of `bytes`.
  var synced: [UInt8] = []
  var modified: Int64
  var owner: UInt32
  /// The names that lead to it.
  var links = 1
  /// The open file that holds the lock.
  var lockedBy: Int?
  /// Processes outside of the play that have it open for writing.
  var writers = 0
  /// Of a directory.
  var entries = MemoryEntries()
  /// Of a directory: entries whose names are not UTF-8.
  var unreadable = 0

  init(inode: UInt64, kind: FileKind, modified: Int64, owner: UInt32) {
    self.inode = inode
    self.kind = kind
    self.modified = modified
    self.owner = owner
  }

  /// Returns a copy of this and of all below it. `copies` has those of names met before, by inode.
  func copy(_ copies: inout [UInt64: MemoryNode]) -> MemoryNode {
    if let copy = copies[inode] { return copy }
    let copy = MemoryNode(inode: inode, kind: kind, modified: modified, owner: owner)
    copies[inode] = copy
    copy.bytes = bytes
    copy.synced = synced
    copy.links = links
    copy.unreadable = unreadable
    for (name, node) in entries.nodes { copy.entries[name] = node.copy(&copies) }
    return copy
  }

  var attributes: FileAttributes {
    FileAttributes(
      kind: kind, size: bytes.count, modified: modified, owner: owner, inode: inode, device: 1,
      links: links)
  }

  func write(_ new: [UInt8], at offset: Int) {
    let end = offset + new.count
    if bytes.count < end { resize(to: end) }
    bytes.replaceSubrange(offset..<end, with: new)
  }

  func resize(to size: Int) {
    if size < bytes.count {
      bytes.removeLast(bytes.count - size)
    } else {
      bytes += [UInt8](repeating: 0, count: size - bytes.count)
    }
  }
}

/// The entries of a directory, listed in the order they came, so that a run can be played again;
/// adding, finding and removing take constant time.
struct MemoryEntries {
  private var places: [String: Int] = [:]
  private var slots: [(name: String, node: MemoryNode)?] = []

  var isEmpty: Bool { places.isEmpty }
  var count: Int { places.count }
  var names: [String] { slots.compactMap { $0?.name } }
  var nodes: [(name: String, node: MemoryNode)] { slots.compactMap { $0 } }

  subscript(name: String) -> MemoryNode? {
    get { places[name].flatMap { slots[$0]?.node } }
    set {
      if let place = places[name] {
        slots[place] = newValue.map { (name, $0) }
        if newValue == nil { forget(name) }
      } else if let newValue {
        places[name] = slots.count
        slots.append((name, newValue))
      }
    }
  }

  private mutating func forget(_ name: String) {
    places[name] = nil
    guard slots.count > 16, places.count < slots.count / 2 else { return }
    slots = slots.filter { $0 != nil }
    for (place, slot) in slots.enumerated() {
      if let slot { places[slot.name] = place }
    }
  }
}
