internal import Logging
internal import NIOCore

/// The guard of a connection: closes one whose reader takes nothing for too long, and tells of what is
/// no HTTP.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = NIOAny
  typealias InboundOut = NIOAny
  typealias OutboundIn = NIOAny
  typealias OutboundOut = NIOAny

  private let patience: TimeAmount
  private let logger: Logger
  private var timer: Scheduled<Void>?

  init(patience: TimeAmount, logger: Logger) {
    self.patience = patience
    self.logger = logger
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    timer?.cancel()
    timer = nil
    if !context.channel.isWritable {
      let channel = context.channel
      let logger = logger
      let peer = context.remoteAddress.map { "\($0)" } ?? "-"
      timer = context.eventLoop.scheduleTask(in: patience) {
        logger.notice("closed the connection of \(peer): it takes no answer")
        channel.close(promise: nil)
      }
    }
    context.fireChannelWritabilityChanged()
  }

  func channelInactive(context: ChannelHandlerContext) {
    timer?.cancel()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    defer { context.fireErrorCaught(error) }
    // A client that has gone has said nothing wrong.
    if error is IOError { return }
    let peer = context.remoteAddress.map { "\($0)" } ?? "-"
    logger.notice("refused what \(peer) sent, which is no HTTP: \(error)")
  }
}
