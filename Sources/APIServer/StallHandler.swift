internal import NIOCore

/// Ends a connection on which nothing moved for the time that the `IdleStateHandler` before it watches: a caller that asked for a file and
/// does not take it, or stopped within its request.
final class StallHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is IdleStateHandler.IdleStateEvent else { return context.fireUserInboundEventTriggered(event) }
        context.close(promise: nil)
    }
}
