import Glibc
import NIOCore

extension ControlServer {
    /// Why an address cannot be bound, and what to do about it.
    static func fault(_ address: ListenAddress, _ error: any Error) -> ControlFault {
        let another = "set another [herald] listen, or leave it empty to do without"
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE:
            return ControlFault(
                .addressTaken,
                "\(address)",
                "another program listens at this address",
                hint: "stop that one (another herald?), \(another)"
            )
        case EACCES, EPERM:
            return ControlFault(
                .addressUnusable,
                "\(address)",
                "herald's user may not listen at this port",
                hint: "take a port above 1023: \(another)"
            )
        case EADDRNOTAVAIL, EAFNOSUPPORT:
            return ControlFault(.addressUnusable, "\(address)", "this machine has no such address", hint: another)
        default:
            let what = error is SocketAddressError.UnknownHost ? "the name is not known" : words(error)
            return ControlFault(.addressUnusable, "\(address)", "cannot be listened at: \(what)", hint: another)
        }
    }

    /// An error in words, without the call that failed where the number tells enough.
    static func words(_ error: any Error) -> String {
        (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
    }
}
