import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import Testing

@testable import Control

@Suite("When a connection cannot be accepted")
struct AcceptPauseTests {
    @Test(
        "For now: nothing is asked for until the pause is over, and the listener lives",
        arguments: [EMFILE, ENFILE, ENOBUFS, ENOMEM]
    )
    func pause(code: CInt) throws {
        let pipe = Pipe()
        pipe.fail(code)
        #expect(pipe.isReading == false)
        let reads = pipe.reads.count
        pipe.channel.read()
        pipe.channel.embeddedEventLoop.advanceTime(by: AcceptPause.length - .nanoseconds(1))
        pipe.fail(code)
        #expect(pipe.isReading == false)
        #expect(pipe.reads.count == reads)
        pipe.channel.embeddedEventLoop.advanceTime(by: .nanoseconds(1))
        #expect(pipe.isReading == true)
        pipe.channel.read()
        #expect(pipe.reads.count == reads + 1)
        pipe.fail(code)
        #expect(pipe.isReading == false)
        try pipe.channel.throwIfErrorCaught()
    }

    @Test("It is said with what to do, and not again within the hour")
    func warning() {
        let pipe = Pipe()
        for _ in 0..<3 {
            pipe.fail(EMFILE)
            pipe.channel.embeddedEventLoop.advanceTime(by: AcceptPause.length)
        }
        #expect(pipe.log.lines.count == 1)
        #expect(pipe.log.lines.first?.hasPrefix("warning") == true)
        #expect(pipe.log.lines.first?.contains("Too many open files") == true)
        #expect(pipe.log.lines.first?.contains("ulimit -n, LimitNOFILE=") == true)
        pipe.channel.embeddedEventLoop.advanceTime(by: AcceptPause.silence)
        pipe.fail(ENFILE)
        #expect(pipe.log.lines.count == 2)
    }

    @Test("A client that has gone already is nothing to stop for, or to speak of")
    func goneClient() throws {
        let pipe = Pipe()
        pipe.fail(ECONNABORTED)
        #expect(pipe.isReading == nil)
        #expect(pipe.log.lines.isEmpty)
        try pipe.channel.throwIfErrorCaught()
    }

    @Test("For good: it is no matter of this")
    func fault() {
        let pipe = Pipe()
        pipe.fail(EINVAL)
        #expect(pipe.isReading == nil)
        #expect(throws: IOError.self) { try pipe.channel.throwIfErrorCaught() }
    }

    @Test("A listener that closes in the pause accepts nothing after it")
    func closing() {
        let pipe = Pipe()
        pipe.fail(EMFILE)
        pipe.isClosing.withLockedValue { $0 = true }
        pipe.channel.embeddedEventLoop.advanceTime(by: AcceptPause.length)
        #expect(pipe.isReading == false)
    }
}

/// A listener's pipeline without a listener.
private struct Pipe {
    let isClosing = NIOLockedValueBox(false)
    let log = LogLines()
    let reads = ReadCounter()
    let channel: EmbeddedChannel

    init() {
        channel = EmbeddedChannel(handlers: [reads, AcceptPause(unless: isClosing, logger: log.logger)])
    }

    /// As a listener's channel is told that `accept` has failed.
    func fail(_ code: CInt) {
        channel.pipeline.fireErrorCaught(IOError(errnoCode: code, reason: "accept"))
    }

    /// Whether it was told to ask for connections by itself; `nil` where it was told nothing.
    var isReading: Bool? {
        channel.options.first { $0.option is ChannelOptions.Types.AutoReadOption }?.value as? Bool
    }
}

/// Counts how often the system is asked for connections.
private final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = NIOAny

    var count = 0

    func read(context: ChannelHandlerContext) {
        count += 1
        context.read()
    }
}
