import Glibc

/// One connection that speaks bytes, over TCP or a Unix socket. It never blocks its thread.
public final class RawConnection {
    /// What came back.
    public struct Answer: Sendable {
        /// The number in the status line.
        public var status = 0
        /// The headers, their names in small letters.
        public var fields: [String: String] = [:]
        /// What follows the headers.
        public var body = ""
    }

    private let socket: Int32
    private var received: [UInt8] = []
    /// Whether the other side has ended it.
    public private(set) var isClosedByServer = false

    /// To a port of 127.0.0.1, or of ::1.
    public convenience init(port: Int, isIPv6: Bool = false) throws {
        let bigEndianPort = [UInt8(port >> 8), UInt8(port & 0xFF)]
        if isIPv6 {
            // sockaddr_in6: family, port, flow, address, scope.
            let address = bigEndianPort + [0, 0, 0, 0] + [UInt8](repeating: 0, count: 15) + [1, 0, 0, 0, 0]
            try self.init(AF_INET6, address)
        } else {
            try self.init(AF_INET, bigEndianPort + [127, 0, 0, 1] + [UInt8](repeating: 0, count: 8))
        }
    }

    /// To the Unix socket at `path`.
    public convenience init(path: String) throws {
        try self.init(AF_UNIX, Array(path.utf8) + [UInt8](repeating: 0, count: 108 - path.utf8.count))
    }

    private init(_ family: Int32, _ address: [UInt8]) throws {
        socket = Glibc.socket(family, Int32(SOCK_STREAM.rawValue), 0)
        let bytes = withUnsafeBytes(of: sa_family_t(family)) { Array($0) } + address
        let result = bytes.withUnsafeBytes {
            connect(socket, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
        // All is initialised, so that deinit closes the socket here too.
        guard result == 0 else { throw TestFailure("no connection: errno \(errno)") }
    }

    deinit {
        close(socket)
    }

    /// Sends `text` as it is.
    public func send(_ text: String) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return }
            sent += count
        }
    }

    /// Asks, and waits for the answer. `Host` is sent unless it is among the fields.
    public func ask(
        _ method: String,
        _ target: String,
        _ fields: [(name: String, value: String)] = [],
        body: String? = nil
    ) async throws -> Answer {
        received = []
        var text = "\(method) \(target) HTTP/1.1\r\n"
        if !fields.contains(where: { $0.name == "Host" }) { text += "Host: localhost\r\n" }
        for field in fields { text += "\(field.name): \(field.value)\r\n" }
        if let body { text += "Content-Length: \(body.utf8.count)\r\n" }
        send(text + "\r\n" + (body ?? ""))
        return try await answer(isHead: method == "HEAD")
    }

    /// Waits for an answer to what was sent.
    public func answer(isHead: Bool = false) async throws -> Answer {
        try await waitForValue("an answer") {
            receive()
            if let answer = parsed(isHead: isHead) { return answer }
            if isClosedByServer { throw TestFailure("closed before the answer") }
            return nil
        }
    }

    /// Waits until the other side ends it.
    public func waitForClose() async throws {
        try await eventually("the end of the connection") {
            receive()
            return isClosedByServer
        }
    }

    /// Puts a `GET` to the Unix socket at `path`, and tells how long it took, connection and all. A thread of its own waits
    /// for it, so that nothing else that the tests do counts.
    public static func timed(_ target: String, at path: String) async throws -> (answer: Answer, time: Duration) {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try detachThread {
                    continuation.resume(
                        with: Result {
                            let start = ContinuousClock.now
                            let connection = try RawConnection(path: path)
                            connection.send("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n")
                            return (try connection.blockingAnswer(), ContinuousClock.now - start)
                        }
                    )
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    private func blockingAnswer() throws -> Answer {
        // So that an answer that never comes ends the test.
        var patience = timeval(tv_sec: Int(Duration.patience.components.seconds), tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            if let answer = parsed(isHead: false) { return answer }
            let count = recv(socket, &block, block.count, 0)
            guard count > 0 else { throw TestFailure("no answer: errno \(errno)") }
            received += block[..<count]
        }
    }

    private func parsed(isHead: Bool) -> Answer? {
        guard let end = received.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        var answer = Answer()
        let lines = String(decoding: received[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        answer.status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        for line in lines.dropFirst() {
            let sides = line.split(separator: ":", maxSplits: 1)
            answer.fields[sides[0].lowercased()] = String(sides[1].drop { $0 == " " })
        }
        let body = received[end.upperBound...]
        answer.body = String(decoding: body, as: UTF8.self)
        let length = answer.fields["content-length"].flatMap { Int($0) } ?? 0
        return isHead || body.count >= length ? answer : nil
    }

    private func receive() {
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(socket, &block, block.count, Int32(MSG_DONTWAIT))
            if count > 0 {
                received += block[..<count]
                continue
            }
            if count == 0 || (errno != EAGAIN && errno != EINTR) { isClosedByServer = true }
            return
        }
    }
}
