import CSpoolSystem
import Glibc

/// One reading of all processes of the machine. It takes some 10 microseconds for each, so it is
/// seldom done.
struct ProcessTable {
  /// One process.
  struct Row {
    var parent: pid_t
    var session: pid_t
    var group: pid_t
    /// Resident bytes.
    var resident: Int64
    /// Clock ticks: its own, and those of children that it has waited for.
    var cpu: UInt64 = 0
    var isZombie: Bool
  }

  var rows: [pid_t: Row]

  init(rows: [pid_t: Row]) { self.rows = rows }

  /// Reads `/proc`; empty where there is none.
  static func read() -> ProcessTable {
    var capacity = 8192
    while true {
      let found = list(capacity)
      if found.count < capacity || capacity > 1 << 22 {
        return ProcessTable(
          rows: Dictionary(
            found.map { ($0.pid, Row($0)) }, uniquingKeysWith: { _, later in later }))
      }
      capacity *= 4
    }
  }

  private static func list(_ capacity: Int) -> [spool_process] {
    [spool_process](unsafeUninitializedCapacity: capacity) { buffer, count in
      count = max(0, Int(spool_process_list(buffer.baseAddress, Int32(buffer.count))))
    }
  }

  /// Returns the payload that each process belongs to, by descent from `roots`. A process without a
  /// root above it is not in the answer.
  func owners(roots: [pid_t: UInt32]) -> [pid_t: UInt32] {
    var owners: [pid_t: UInt32?] = [:]
    for (root, serial) in roots { owners[root] = serial }
    for pid in rows.keys where owners[pid] == nil {
      var path: [pid_t] = []
      var at = pid
      // What is being read changes meanwhile, so the parents may even form a ring.
      while owners[at] == nil, let row = rows[at], path.count < 1000 {
        path.append(at)
        at = row.parent
      }
      let owner = owners[at] ?? nil
      for step in path { owners[step] = owner }
    }
    return owners.compactMapValues { $0 }
  }

  /// Returns the children of a process.
  func children(of parent: pid_t) -> [pid_t] {
    rows.filter { $0.value.parent == parent }.map(\.key)
  }
}

extension ProcessTable.Row {
  fileprivate init(_ process: spool_process) {
    self.init(
      parent: process.parent, session: process.session, group: process.group,
      resident: process.resident, cpu: process.cpu,
      isZombie: process.state == CChar(UInt8(ascii: "Z")))
  }
}
