internal import SpoolModel
internal import SpoolStore

/// A piece of a view that a record adds. The bytes and the place are the same whether the record is
/// new or read again in a replay, so that a line can be written twice (R3).
struct ViewLine: Sendable {
  /// The view that it belongs to.
  var view: Spool.View
  /// The place of the bytes in the view's file.
  var offset: Int
  var bytes: [UInt8]
}
