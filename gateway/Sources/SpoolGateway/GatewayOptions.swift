public import SpoolStore

/// What the user who starts a gateway has chosen.
public struct GatewayOptions: Sendable {
  /// The place on which the gateway listens.
  public enum Place: Sendable, Equatable {
    /// An address of this host, and a port; 0 for a free one.
    case port(host: String, Int)
    /// A socket in the filesystem.
    case socket(String)
  }

  /// The spool.
  public var spool: Spool
  /// The place.
  public var place: Place
  /// The file of tokens; nil for none.
  public var tokens: String?
  /// The files of the certificate and its key, in PEM; nil for no TLS.
  public var tls: (certificate: String, key: String)?
  /// Names by which the gateway is called, besides those of this host and the address it listens on.
  public var hostNames: [String]
  /// Connections that may be open at a time.
  public var connections: Int
  /// Requests a second that a caller may make.
  public var rate: Int

  /// Makes options: no tokens, no TLS, and the usual limits.
  public init(spool: Spool, place: Place) {
    self.spool = spool
    self.place = place
    hostNames = []
    connections = 2000
    rate = 2000
  }

  /// True for a place that only this host reaches.
  var isLocal: Bool {
    switch place {
    case .socket: true
    case .port(let host, _): Self.isLoopback(host)
    }
  }

  static func isLoopback(_ host: String) -> Bool {
    host == "localhost" || host == "::1"
      || host.hasPrefix("127.")
        && host.allSatisfy { $0.isNumber || $0 == "." }
  }
}
