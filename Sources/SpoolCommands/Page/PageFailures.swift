internal import SpoolClient
internal import SpoolModel

/// The failures by their cause, each with an example and the end of what that printed.
struct PageFailures {
  let digest: FailureDigest

  /// The tasks that a cause names.
  static let mostTasks = 5
  /// Tasks that ended count for so long.
  static let recent = Duration.seconds(86_400)

  /// Returns the tasks whose failures are told: those in work, and those that ended lately.
  static func tasks(_ survey: SpoolSurvey) -> [TaskSummary] {
    survey.pages.compactMap(\.task).filter { task in
      task.ended.map { survey.at - $0 < recent } ?? true
    }
  }

  var html: HTML {
    guard !digest.groups.isEmpty else {
      return StatusDocument.panel("Failures", "<p class=\"empty\">None in the last day.</p>")
    }
    let rows = digest.groups.enumerated().map { number, group -> HTML in
      "<li>\(Self.cause(group, isOpen: number == 0))</li>\n"
    }.joined
    return StatusDocument.panel(
      "Failures, of tasks in work and of the last day",
      "<ul class=\"causes\">\n\(rows)</ul>"
        + StatusDocument.leftOut(digest.more, "more causes", "`spool explain TASK` tells them"))
  }

  private static func cause(_ group: FailureDigest.Group, isOpen: Bool) -> HTML {
    let named = group.tasks.prefix(mostTasks).map(\.text).joined(separator: ", ")
    let more = group.tasks.count - mostTasks
    var html: HTML = """
      <div class="cause"><b>\(group.cause)</b><span>\(group.jobs) jobs, \(group.attempts) attempts</span>\
      <span class="small">in \(named)\(more > 0 ? " and \(more) more" : "")</span></div>
      """
    if let example = group.example {
      html += "<p class=\"why\">as \(AttemptText.past(example).printable(600))</p>"
    }
    guard !group.log.isEmpty else { return html }
    let lines = group.log.map { "\($0)\n" as HTML }.joined
    return html + """
      <details\(isOpen ? " open" : "")><summary>the end of what it printed</summary>\
      <pre tabindex="0" aria-label="the end of a log">\(lines)</pre></details>
      """
  }
}
