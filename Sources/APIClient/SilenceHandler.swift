internal import NIOCore

/// Ends a connection on which nothing moved for the time that its `IdleStateHandler` watches.
final class SilenceHandler: ChannelInboundHandler {
    typealias InboundIn = NIOAny

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is IdleStateHandler.IdleStateEvent else { return context.fireUserInboundEventTriggered(event) }
        context.fireErrorCaught(APIError(.timedOut, "The gateway went silent within its answer."))
        context.close(promise: nil)
    }
}
