import Glibc
import Logging
import NIOConcurrencyHelpers
import NIOCore

/// Sits first in a listener's pipeline, and has it survive that a connection cannot be accepted for now, where no file
/// descriptor or no memory is left: it accepts nothing for a moment, in which clients wait in the system's queue.
///
/// Left to itself NIO asks the system again at once, for as long as that takes: its own pause begins with the next read,
/// and the one that failed stays pending. That keeps a processor busy, and nobody is told.
final class AcceptPause: ChannelDuplexHandler {
    typealias InboundIn = NIOAny
    typealias OutboundIn = NIOAny

    static let length = TimeAmount.milliseconds(100)
    /// How long nothing more is said after it was said.
    static let silence = TimeAmount.hours(1)

    private let isClosing: NIOLockedValueBox<Bool>
    private let logger: Logger
    private var lastWarning: NIODeadline?
    /// There while nothing is accepted.
    private var resumption: Scheduled<Void>?

    /// - Parameter isClosing: whether the listener is to accept nothing more: then this does not have it go on.
    init(unless isClosing: NIOLockedValueBox<Bool>, logger: Logger) {
        self.isClosing = isClosing
        self.logger = logger
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let code = (error as? IOError)?.errnoCode
        // That client has gone before it was accepted. The next one is asked for as ever.
        if code == ECONNABORTED { return }
        guard let code, let hint = Self.hint(code) else {
            context.fireErrorCaught(error)
            return
        }
        warn(code, hint, at: context.eventLoop.now)
        pause(context)
    }

    func read(context: ChannelHandlerContext) {
        if resumption == nil { context.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        resumption?.cancel()
        context.fireChannelInactive()
    }

    private func pause(_ context: ChannelHandlerContext) {
        guard resumption == nil else { return }
        // Nothing less makes NIO look away: the read that failed stays pending.
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        resumption = context.eventLoop.assumeIsolated().scheduleTask(in: Self.length) { self.resume(context) }
    }

    private func resume(_ context: ChannelHandlerContext) {
        resumption = nil
        // The listener that closes has switched it off too, for good.
        guard !isClosing.withLockedValue({ $0 }) else { return }
        try? context.channel.syncOptions?.setOption(.autoRead, value: true)
    }

    private func warn(_ code: CInt, _ hint: String, at now: NIODeadline) {
        if let lastWarning, now - lastWarning < Self.silence { return }
        lastWarning = now
        let why = String(cString: strerror(code))
        logger.warning("the control interface cannot take connections: \(why); it tries again and again; \(hint)")
    }

    /// What to do about what passes; `nil` for what does not.
    private static func hint(_ code: CInt) -> String? {
        switch code {
        case EMFILE: "raise the limit of open files (ulimit -n, LimitNOFILE=)"
        case ENFILE: "raise the machine's limit of open files (sysctl fs.file-max)"
        case ENOBUFS, ENOMEM: "see what takes this machine's memory"
        default: nil
        }
    }
}
