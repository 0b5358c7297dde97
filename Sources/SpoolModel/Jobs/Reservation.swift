/// A reservation: the job for which a pilot keeps room, as the order `reserve` in its directory names
/// it. The name of the job's file says how much room that is.
public struct Reservation: Hashable, Sendable {
  /// The directory in which the job waits.
  public var place: ReadyPlace
  /// The job.
  public var job: JobName

  /// Makes a reservation.
  public init(_ place: ReadyPlace, job: JobName) {
    self.place = place
    self.job = job
  }

  /// The queue in which the job waits.
  public var queue: Queue { place.queue }

  /// The contents of the order: the place of the job's file, and a line end.
  public var text: String { "\(place.directory)/\(job.fileName)\n" }

  /// Reads an order; nil if it is torn, or is none.
  public init?(text: String) {
    guard text.hasSuffix("\n"), let slash = text.lastIndex(of: "/"),
      let job = JobName(fileName: String(text[text.index(after: slash)...].dropLast())),
      let place = ReadyPlace(directory: text[..<slash])
    else { return nil }
    self.init(place, job: job)
  }

  /// The reservation in words: what is kept, for which job.
  public var words: String {
    "keeps \(job.shape(in: queue).room) for \(job.job)"
  }
}
