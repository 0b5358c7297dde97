internal import ArgumentParser
internal import SpoolModel
internal import SpoolStore

/// What `spool submit` changes in each task of a request, with or without JSON, as options.
struct ChangeFlags: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A variable for payloads, NAME=VALUE, or NAME as it is here; may be repeated.",
      valueName: "name=value"))
  var env: [String] = []
  @Option(
    help: ArgumentHelp(
      "A script that is sourced before the command, on the pilot's machine; none: no script.",
      valueName: "file"))
  var setup: String?
  @Option(
    help: ArgumentHelp(
      "The container to run in: a path as /cvmfs/x.sif, or an OCI image as debian:12; none: no container.",
      valueName: "image"))
  var container: String?
  @Option(
    help: ArgumentHelp(
      "Begin when this task or chain has ended well; may be repeated.", valueName: "name"))
  var after: [String] = []
  @Option(
    help: ArgumentHelp(
      "Begin no job before this time, as 2027-03-01T08:00:00Z, or 2h from now.", valueName: "time"))
  var notBefore: String?

  func validate() throws {
    for name in after where Name(name) == nil {
      throw ValidationError("--after: \"\(name)\" is no name: \(Name.rule)")
    }
    if setup?.isEmpty == true {
      throw ValidationError("--setup: expected a script's path, or none")
    }
    if container?.isEmpty == true {
      throw ValidationError("--container: expected an image, or none")
    }
    if let notBefore, Units.duration(notBefore) == nil, Timestamp(rfc3339: notBefore) == nil {
      throw ValidationError(
        "--not-before: expected a time with its zone, as 2027-03-01T08:00:00Z, or a time from now, as "
          + "2h, found \"\(notBefore)\"")
    }
  }

  /// Returns the changes, with those of `--chdir` and `--overwrite`.
  func changes(chdir: String?, overwrites: Bool) throws -> TaskChanges {
    var changes = TaskChanges(chdir: chdir, overwrites: overwrites)
    changes.environment = try VariableList(env, isTemplate: true).variables
    changes.setup = setup.map {
      $0 == SetupScript.noneText ? $0 : WorkingDirectory.absolute($0)
    }
    changes.container = container
    changes.after = after
    changes.notBefore = notBefore.map { text in
      Units.duration(text).map { (SystemTime().timestamp + $0).rfc3339 } ?? text
    }
    return changes
  }
}
