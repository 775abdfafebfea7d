import Glibc

/// What systemd has put into the environment of a service with `Type=notify`: see sd_notify(3) and sd_watchdog_enabled(3).
struct ServiceManagerSettings: Sendable, Equatable {
    /// Where messages go; `nil` where nobody wants any.
    var address: Address?
    /// Within what time systemd wants to hear that the service is alive; `nil` where it does not.
    var watchdog: Duration?
    /// What is wrong with the variables, for the log.
    var complaint: String?

    /// A Unix datagram socket.
    enum Address: Sendable, Equatable {
        case file(String)
        /// A name that is in no file system, without the zero that stands before it.
        case abstract(String)

        /// `sun_path` has 108 bytes, one of them for the zero at the end or at the beginning.
        static let longest = 107
    }

    /// - Parameter pid: This process; what is meant for another is passed over.
    init(environment: [String: String], pid: Int32) {
        guard let socket = environment["NOTIFY_SOCKET"], !socket.isEmpty else { return }
        let name = String(decoding: socket.utf8.dropFirst(), as: UTF8.self)
        switch socket.utf8.first {
        case UInt8(ascii: "/"): address = .file(socket)
        case UInt8(ascii: "@"): address = .abstract(name)
        default: break
        }
        if address == nil || name.isEmpty || socket.utf8.count > Address.longest {
            address = nil
            complaint = """
                NOTIFY_SOCKET is '\(socket)', and only an absolute path or a name after '@', of \(Address.longest) bytes at \
                the most, can be used: systemd is told nothing
                """
            return
        }
        if let owner = environment["WATCHDOG_PID"], Int32(owner) != pid { return }
        guard let limit = environment["WATCHDOG_USEC"] else { return }
        guard let microseconds = Int64(limit), microseconds > 0 else {
            complaint = "WATCHDOG_USEC is '\(limit)' and no number of microseconds: there is no watchdog"
            return
        }
        watchdog = .microseconds(microseconds)
    }
}
