internal import SpoolModel
internal import SpoolStore

/// A piece of a view that a record adds. The bytes and the place are the same whether the record is
/// new or read again in a replay, so that a line can be written twice (R3).
struct ViewLine {
  /// The view that it belongs to.
  var view: Spool.View
  /// The place of the bytes in the view's file.
  var offset: Int
  var bytes: [UInt8]
}

/// The lines that the outputs of jobs add to catalogues.
enum CatalogueLines {
  /// Returns the catalogue's line for an output of a job.
  static func output(
    _ output: StagedOutput, _ id: JobID, _ attempt: Int, _ result: JobResult, _ parents: [String]
  ) -> JSON {
    var object = JSONObject([
      .init("path", .string(output.path)), .init("size", .integer(output.size)),
      .init("adler32", .string(output.adler32)),
      .init(
        "origin", ["job": .string(id.description), "attempt": .integer(attempt)]),
    ])
    if !parents.isEmpty { object["parents"] = .array(parents.map { .string($0) }) }
    if !result.report.members.isEmpty { object["report"] = .object(result.report) }
    return .object(object)
  }
}

/// The lines that attempts add to their task's ledger.
enum LedgerLines {
  /// Returns the ledger's line for an attempt that succeeded.
  static func success(_ id: JobID, _ attempt: Int, _ result: JobResult) -> JSON {
    var object = head(id, attempt, "ok")
    add(result, to: &object)
    if let reason = result.reason { object["reason"] = .string(reason) }
    return .object(object)
  }

  /// Returns the ledger's line for a failed attempt. After a final failure it holds the position of
  /// the job's inputs, so that the job can be revived.
  static func failure(_ failed: AttemptFailed, _ job: JobEntry) -> JSON {
    var object = head(failed.job, failed.attempt, failed.cause.description)
    object["final"] = .bool(failed.retryAt == nil)
    if let result = failed.result {
      add(result, to: &object)
    } else if let pilot = failed.pilot {
      object["pilot"] = .string(pilot.text)
    }
    object["registered"] = failed.at.json
    if let reason = failed.reason ?? failed.result?.reason { object["reason"] = .string(reason) }
    if let due = failed.retryAt {
      object["retryAt"] = due.json
    } else {
      object["position"] = job.position
    }
    return .object(object)
  }

  private static func head(_ id: JobID, _ attempt: Int, _ outcome: String) -> JSONObject {
    JSONObject([
      .init("job", .string(id.description)), .init("attempt", .integer(attempt)),
      .init("outcome", .string(outcome)),
    ])
  }

  private static func add(_ result: JobResult, to object: inout JSONObject) {
    object.members += result.json.object?.members.filter { $0.key != "reason" } ?? []
  }
}
