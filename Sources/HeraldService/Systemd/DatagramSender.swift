import CLinux
import Glibc

/// Sends single datagrams to a Unix socket, each from a socket of its own, as sd_notify(3) does: there are few, and the
/// manager may be started again between two.
struct DatagramSender: Sendable {
    let address: ServiceManagerSettings.Address

    /// For how long a send may wait for a receiver whose queue is full: longer would hold up a thread that others need.
    private static let patience = timeval(tv_sec: 1, tv_usec: 0)

    /// Sends `bytes`; throws what the system says.
    func send(_ bytes: [UInt8]) throws(SystemFailure) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemFailure("socket", errno) }
        defer { close(descriptor) }
        var patience = Self.patience
        let size = socklen_t(MemoryLayout<timeval>.size)
        guard setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size) == 0 else {
            throw SystemFailure("setsockopt", errno)
        }
        let flags = Int32(MSG_NOSIGNAL)
        let failure = withSocketAddress { address, length -> SystemFailure? in
            while true {
                let count = sendto(descriptor, bytes, bytes.count, flags, address, length)
                if count == bytes.count { return nil }
                guard count < 0, errno == EINTR else { return SystemFailure("sendto", errno) }
            }
        }
        if let failure { throw failure }
    }

    private func withSocketAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var storage = sockaddr_un()
        storage.sun_family = sa_family_t(AF_UNIX)
        // The zero of an abstract name stands first, that of a path is there already at its end.
        let (path, end): ([UInt8], Int) =
            switch address {
            case .file(let path): (Array(path.utf8), 1)
            case .abstract(let name): ([0] + Array(name.utf8), 0)
            }
        withUnsafeMutableBytes(of: &storage.sun_path) { $0.copyBytes(from: path.prefix($0.count)) }
        let offset = MemoryLayout.offset(of: \sockaddr_un.sun_path) ?? MemoryLayout<sa_family_t>.size
        let length = socklen_t(offset + path.count + end)
        return withUnsafePointer(to: &storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }
}

/// A system call that failed.
struct SystemFailure: Error, Equatable, CustomStringConvertible {
    var function: String
    var number: Int32

    init(_ function: String, _ number: Int32) {
        self.function = function
        self.number = number
    }

    var description: String { "\(function): \(String(cString: strerror(number)))" }
}
