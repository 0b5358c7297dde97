/// Words in the log of a pilot with a label by which the factory that started it knows how its life went.
public enum PilotWords {
  /// The beginning of what it says when it begins its first job.
  public static let firstJob = "its first job:"
  /// The last that it says when it ends in good order.
  public static let parting = "has left"
}
