import CLinux
import Glibc

/// Looks after the file descriptors that a start needs.
enum Descriptors {
    /// A start takes three pipes, the working directory and a descriptor for the process; two are to spare.
    static let needed = 10

    /// Makes sure that a start will not run out of file descriptors halfway: a child whose descriptor could not be had
    /// could not be waited for.
    static func checkRoom() throws(SystemFailure) {
        var taken: [CInt] = []
        defer {
            for descriptor in taken {
                close(descriptor)
            }
        }
        for _ in 0..<needed {
            let descriptor = eventfd(0, CInt(EFD_CLOEXEC))
            guard descriptor >= 0 else { throw SystemFailure("no file descriptor is left for it", errno) }
            taken.append(descriptor)
        }
    }
}

/// A system call that failed.
struct SystemFailure: Error, CustomStringConvertible {
    let what: String
    let code: Int32

    init(_ what: String, _ code: Int32) {
        self.what = what
        self.code = code
    }

    var description: String {
        let hint = code == EMFILE ? "; raise the limit of open files (ulimit -n, LimitNOFILE=)" : ""
        return "\(what): \(String(cString: strerror(code)))\(hint)"
    }
}
