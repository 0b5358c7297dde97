internal import SpoolModel

/// The identity of an attempt. None is issued twice (R4), so a pilot runs none twice.
struct AttemptID: Hashable {
  let job: JobID
  let incarnation: String
  let number: Int

  init(_ document: JobDocument) {
    job = document.job
    incarnation = document.incarnation
    number = document.attempt
  }
}

/// The attempts that ended on a pilot lately: as many as are remembered (R10).
struct EndedAttempts {
  /// The number of attempts that are remembered.
  static let most = 4096

  private var known: Set<AttemptID> = []
  private var order: [AttemptID] = []
  private var oldest = 0

  /// Remembers an attempt.
  mutating func insert(_ attempt: AttemptID) {
    guard known.insert(attempt).inserted else { return }
    guard order.count == Self.most else { return order.append(attempt) }
    known.remove(order[oldest])
    order[oldest] = attempt
    oldest = (oldest + 1) % Self.most
  }

  /// Returns whether an attempt is remembered.
  func contains(_ attempt: AttemptID) -> Bool { known.contains(attempt) }
}

extension JobName {
  /// Returns what is wrong with a job's file of this name that holds this document; nil where the
  /// document is of the attempt that the name says, and takes no more than it says.
  func contradiction(to document: JobDocument) -> String? {
    if document.job != job || document.attempt != attempt {
      return "it holds attempt \(document.attempt) of \(document.job)"
    }
    if TaskSpec.mebibytes(document.memory) > memory {
      return "it holds a job of \(Units.text(bytes: document.memory)) of memory"
    }
    guard document.wall <= .seconds(wall) else {
      return "it holds a job of \(Units.text(document.wall)) of wall time"
    }
    return nil
  }
}
