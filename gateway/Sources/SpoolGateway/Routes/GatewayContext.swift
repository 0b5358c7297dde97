internal import Hummingbird
internal import NIOCore

/// What is known of a request besides what it says.
struct GatewayContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// The connection.
  let channel: any Channel
  /// The id under which the log tells of the request.
  let requestID: String

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    channel = source.channel
    requestID = Hex.text((0..<6).map { _ in UInt8.random(in: .min ... .max) })
  }

  /// The address of the peer; nil for a socket of this host.
  var peer: String? { channel.remoteAddress?.ipAddress }
}
