/// Which of the two ready directories a job waits in.
public enum Queue: String, Sendable, Hashable, CaseIterable {
  case cpu
  case gpu
}
