import Glibc
import NIOConcurrencyHelpers

/// A Unix datagram socket as systemd has one, and what it was sent.
public final class DatagramSocket: Sendable {
    private let descriptor: Int32
    private let received = NIOLockedValueBox<[String]>([])

    /// Binds to `path`, or where it is abstract to a name in no file system.
    public init(_ path: String, isAbstract: Bool = false) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw TestFailure("socket: \(errno)") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = (isAbstract ? [0] : []) + Array(path.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count + (isAbstract ? 0 : 1))
        let descriptor = descriptor
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard result == 0 else { throw TestFailure("bind \(path): \(errno)") }
        try Self.keepTaking(descriptor, received)
    }

    deinit {
        // Wakes the thread, which closes it.
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// All messages so far, in order.
    public var messages: [String] {
        received.withLockedValue { received in
            Self.take(descriptor, &received)
            return received
        }
    }

    /// Takes what comes at once, on a thread of its own: the queue of such a socket is short, and whoever sends to one
    /// that is full has to wait.
    private static func keepTaking(_ descriptor: Int32, _ received: NIOLockedValueBox<[String]>) throws {
        try detachThread {
            var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            // What was shut down has hung up for good, and would be told so again without end.
            while wanted.revents & Int16(POLLHUP | POLLERR | POLLNVAL) == 0 {
                poll(&wanted, 1, -1)
                received.withLockedValue { take(descriptor, &$0) }
            }
            close(descriptor)
        }
    }

    /// Takes all that is there.
    private static func take(_ descriptor: Int32, _ received: inout [String]) {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT)), count > 0 {
            received.append(String(decoding: buffer[..<count], as: UTF8.self))
        }
    }
}
