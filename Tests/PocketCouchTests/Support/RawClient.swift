import Glibc

/// One TCP connection that speaks bytes. It never blocks its thread: it looks again every millisecond.
final class RawClient {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    private let socket: Int32
    private(set) var received: [UInt8] = []
    private(set) var isClosedByServer = false

    init(port: Int) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        // All is initialised, so that deinit closes the socket here too. A second time it might be somebody else's.
        guard result == 0 else { throw Failure(description: "no connection to port \(port): errno \(errno)") }
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

    func request(_ method: String, _ target: String, fields: [(String, String)] = [], body: String? = nil) {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: 127.0.0.1:5984\r\n"
        for (name, value) in fields { text += "\(name): \(value)\r\n" }
        if let body { text += "Content-Length: \(body.utf8.count)\r\n" }
        send(text + "\r\n" + (body ?? ""))
    }

    /// Takes what has come; true if there was anything.
    @discardableResult
    func receive() -> Bool {
        var block = [UInt8](repeating: 0, count: 65_536)
        var isNew = false
        while true {
            let count = recv(socket, &block, block.count, Int32(MSG_DONTWAIT))
            if count > 0 {
                received += block[..<count]
                isNew = true
                continue
            }
            if count == 0 || (errno != EAGAIN && errno != EINTR) { isClosedByServer = true }
            return isNew
        }
    }

    /// Waits until the answer so far is as wanted.
    ///
    /// - Throws: at the deadline, with what has come.
    @discardableResult
    func wait(
        seconds: Int = 120,
        isHead: Bool = false,
        until isDone: (RawAnswer) -> Bool
    ) async throws -> RawAnswer {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            receive()
            let answer = RawAnswer(received, isHead: isHead)
            if isDone(answer) { return answer }
            guard ContinuousClock.now < deadline, !isClosedByServer || isDone(answer) else {
                throw Failure(
                    description: "not what was waited for (closed: \(isClosedByServer)): "
                        + String(decoding: received, as: UTF8.self)
                )
            }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    /// Forgets what has come, so that the next answer can be read.
    func forget() {
        received = []
    }

    func waitForClose(seconds: Int = 120) async throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while !isClosedByServer {
            receive()
            guard ContinuousClock.now < deadline else { throw Failure(description: "still open") }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    /// One whole exchange; what it received is forgotten, so that the connection can be used again.
    func exchange(
        _ method: String,
        _ target: String,
        fields: [(String, String)] = [],
        body: String? = nil
    ) async throws -> RawAnswer {
        request(method, target, fields: fields, body: body)
        let answer = try await wait(isHead: method == "HEAD") { $0.isComplete }
        forget()
        return answer
    }
}

/// Waits for a condition that something else brings about.
func eventually(seconds: Int = 120, _ condition: () -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while !condition() {
        guard ContinuousClock.now < deadline else { throw RawClient.Failure(description: "it never came") }
        try await Task.sleep(for: .milliseconds(1))
    }
}
