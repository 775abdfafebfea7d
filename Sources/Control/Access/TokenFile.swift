import CLinux
import Glibc

/// The file that the token stands in. It is read anew for each request that needs the token, so that a new one counts
/// from the moment it is written.
public struct TokenFile: Sendable, Equatable {
    /// The longest token, in bytes, its newline included.
    private static let maximumSize = 4096

    /// Absolute, or relative to the folder that the process is in.
    public let path: String
    /// Whether Herald makes it by itself.
    private let isMade: Bool

    /// The file that `[herald] token_file` names. It must be there.
    public init(_ path: String) {
        self.path = path
        isMade = false
    }

    /// The file `token` in `state_dir`, which ``makeIfMissing()`` makes.
    public init(inFolder folder: String) {
        path = "\(folder)/token"
        isMade = true
    }

    /// Reads the token.
    ///
    /// - Throws: ``ControlFault`` of kind `token` if it is missing, empty, unreadable or no single word.
    public func read() throws(ControlFault) -> Token {
        // A pipe that nobody writes to must not hold us up.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw fault("cannot be read", errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw fault("cannot be read", errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw fault("is no file") }
        var bytes = [UInt8](repeating: 0, count: Self.maximumSize + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes[count...].withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if got == 0 { break }
            if got > 0 {
                count += got
            } else if errno != EINTR {
                throw fault("cannot be read", errno)
            }
        }
        guard count <= Self.maximumSize else { throw fault("is longer than \(Self.maximumSize) bytes") }
        guard let token = Token(bytes[..<count]) else {
            throw fault(count == 0 ? "is empty" : "does not hold a token: one line of printable ASCII without blanks")
        }
        return token
    }

    /// What is to be said in the log if others than the file's owner may read it; `nil` if none may.
    public var warning: String? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & 0o077 != 0 else { return nil }
        return "\(path): others than its owner may read or write it, and whoever knows the token may control Herald; "
            + "chmod 600 it"
    }

    /// Makes the file with a new token unless it is there, or belongs to somebody else: mode 0600, whole or not at all.
    /// No other process may do so at the same time: the caller has the lock of the store in the same folder.
    ///
    /// - Throws: ``ControlFault`` of kind `token` if it cannot be made.
    func makeIfMissing() throws(ControlFault) {
        guard isMade, access(path, F_OK) != 0, errno == ENOENT else { return }
        let draft = "\(path).new"
        // Left behind by a crash.
        guard unlink(draft) == 0 || errno == ENOENT else { throw fault("cannot be made", errno) }
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw fault("cannot be made", errno) }
        defer { close(descriptor) }
        let text = Array(Self.newToken().utf8)
        // The mask of the process may have taken rights away.
        guard fchmod(descriptor, 0o600) == 0,
            text.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) == text.count,
            fsync(descriptor) == 0,
            rename(draft, path) == 0
        else {
            let code = errno
            unlink(draft)
            throw fault("cannot be made", code)
        }
    }

    /// 32 random bytes of the system, in hexadecimal, and a newline.
    private static func newToken() -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for _ in 0..<4 {
            let word = generator.next()
            for shift in stride(from: 60, through: 0, by: -4) { text.append(digits[Int(word >> UInt64(shift) & 0xF)]) }
        }
        return String(decoding: text, as: UTF8.self) + "\n"
    }

    private func fault(_ what: String, _ code: Int32? = nil) -> ControlFault {
        let why = code.map { ": \(String(cString: strerror($0)))" } ?? ""
        let hint =
            isMade
            ? "let the user that runs herald read and write it, or remove it: a new one is made at the next start"
            : "put a token into it, for instance with 'openssl rand -hex 32', for the user that runs herald to read"
        return ControlFault(.token, path, "\(what)\(why)", hint: hint)
    }
}
