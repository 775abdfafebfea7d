import Glibc
import TestSupport

/// One connection that speaks bytes, over TCP or a Unix socket. It never blocks its thread.
final class RawConnection {
    struct Answer {
        var status = 0
        var fields: [String: String] = [:]
        var body = ""
    }

    private let socket: Int32
    private var received: [UInt8] = []
    private(set) var isClosedByServer = false

    /// To a port of 127.0.0.1, or of ::1.
    convenience init(port: Int, isIPv6: Bool = false) throws {
        let bigEndianPort = [UInt8(port >> 8), UInt8(port & 0xFF)]
        if isIPv6 {
            // sockaddr_in6: family, port, flow, address, scope.
            let address = bigEndianPort + [0, 0, 0, 0] + [UInt8](repeating: 0, count: 15) + [1, 0, 0, 0, 0]
            try self.init(AF_INET6, address)
        } else {
            try self.init(AF_INET, bigEndianPort + [127, 0, 0, 1] + [UInt8](repeating: 0, count: 8))
        }
    }

    convenience init(path: String) throws {
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

    func send(_ text: String) {
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
    func ask(
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

    func answer(isHead: Bool = false) async throws -> Answer {
        try await waitForValue("an answer") {
            receive()
            if let answer = parsed(isHead: isHead) { return answer }
            if isClosedByServer { throw TestFailure("closed before the answer") }
            return nil
        }
    }

    func waitForClose() async throws {
        try await eventually("the end of the connection") {
            receive()
            return isClosedByServer
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
