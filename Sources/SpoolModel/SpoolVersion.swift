/// The version of Spool, which `--version` prints, and which pilots and watchers record.
public enum SpoolVersion {
  /// The version as text.
  public static let text = "0.3.0"
}
