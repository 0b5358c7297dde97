internal import SpoolModel
internal import SpoolStore

// The only calls of a pilot to the filesystem of the spool that are no verbs of `SpoolStore` yet.
// They have the names and the signatures of the verbs that are to replace them, so that this file
// can go without another change.

/// `running/PILOT/`: orders to the pilot, and the log of a job that still runs.
extension Spool {
  /// Returns true where a pilot is certainly not told to leave. The absence of the file in a listing
  /// is no proof (R8).
  func isDrainGone(from pilot: PilotName) throws(FileError) -> Bool {
    try isGone(layout.drain(pilot))
  }

  /// Returns true where a pilot is certainly not set aside.
  func isQuarantineGone(from pilot: PilotName) throws(FileError) -> Bool {
    try isGone(layout.quarantine(pilot))
  }

  /// Returns true where a pilot certainly is set aside.
  func hasQuarantine(_ pilot: PilotName) -> Bool { files.isPresent(layout.quarantine(pilot)) }

  /// Writes to a live log at an offset; an error of closing it does not count.
  func write(
    _ text: [UInt8], toLiveLog job: JobName, of pilot: PilotName, at offset: Int
  ) throws(FileError) {
    let file = try files.open(layout.liveLog(pilot, job), .create)
    defer { try? file.close() }
    try file.write(text, at: offset)
  }

  /// Removes a live log. A log that is gone is fine.
  func removeLiveLog(of job: JobName, on pilot: PilotName) throws(FileError) {
    try files.removeIfPresent(layout.liveLog(pilot, job))
  }
}

/// `logs/TASK/PILOT.log`: the output of a task's payloads on one pilot, which alone writes it.
extension Spool {
  private func path(ofLog task: Name, _ pilot: PilotName) -> String {
    "\(layout.root)/\(layout.logName(task, pilot))"
  }

  /// Returns the attributes of a log; nil where it is not there.
  func attributes(ofLog task: Name, of pilot: PilotName) throws(FileError) -> FileAttributes? {
    try files.attributesIfPresent(path(ofLog: task, pilot))
  }

  /// Makes the directory of a task's logs.
  func ensureLogDirectory(of task: Name) throws(FileError) {
    try files.ensureDirectories(layout.logDirectory(task))
  }

  /// Writes to a log at an offset. Makes the directory where somebody has removed it.
  func write(
    _ text: [UInt8], toLog task: Name, of pilot: PilotName, at offset: Int
  ) throws(FileError) {
    let path = path(ofLog: task, pilot)
    do throws(FileError) {
      try write(text, toView: path, at: offset)
    } catch {
      guard error.isMissing else { throw error }
      try ensureLogDirectory(of: task)
      try write(text, toView: path, at: offset)
    }
  }
}

/// Inputs and outputs, which lie wherever people and tasks put them.
extension Spool {
  /// Returns the attributes of an input; nil where it is not there. No link is followed.
  func attributes(ofData path: String) throws(FileError) -> FileAttributes? {
    try files.attributesIfPresent(path)
  }

  /// Makes a directory for outputs, and those above it.
  func ensureOutputDirectory(_ directory: String) throws(FileError) {
    try files.ensureDirectories(directory)
  }
}

extension FileError {
  /// The longest time that a job waits for the filesystem before it is given up for this (R10).
  var longestWait: Duration { .milliseconds(patience) }
}
