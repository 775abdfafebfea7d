import CLinux
import Glibc
import NIOConcurrencyHelpers

/// The file of the control socket, `state_dir/control.sock`: a Unix socket that only its owner can connect to.
///
/// It is bound under another name in a folder that only the owner can enter, made private there, and then given its
/// name. So nobody can connect before its mode is right, and the socket of a process that died is replaced in one step.
final class ControlSocket: Sendable {
    /// The longest path of a socket on Linux, in bytes (`sun_path`, unix(7), less its zero).
    static let longestPath = 107

    let path: String
    /// Where it is bound. This path is shorter than 104 bytes where ``path`` is no longer than it may be: NIO takes no
    /// longer ones.
    var draft: String { "\(nest)/s" }

    private let nest: String
    /// The file that we made, so that we remove no other.
    private let file = NIOLockedValueBox(FileID?.none)

    private struct FileID: Equatable {
        var device: UInt64
        var inode: UInt64

        init(_ status: stat) {
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
        }
    }

    init(inFolder folder: String) {
        path = "\(folder)/control.sock"
        nest = "\(folder)/socket"
    }

    /// Makes room for ``draft``. Throws ``ControlFault`` of kind `socket`, also where another process listens at ``path``.
    func prepare() throws(ControlFault) {
        guard path.utf8.count <= Self.longestPath else {
            throw ControlFault(
                .socket,
                path,
                "is longer than the \(Self.longestPath) bytes that the path of a socket may have",
                hint: "set a state_dir with a shorter path"
            )
        }
        var status = stat()
        if lstat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFSOCK else {
                throw ControlFault(.socket, path, "is no socket", hint: "move it away, or set another state_dir")
            }
            guard try !isServed() else {
                throw ControlFault(
                    .socket,
                    path,
                    "another process listens at it",
                    hint: "there is one Herald a folder: stop that one first, or set another state_dir"
                )
            }
        }
        if mkdir(nest, 0o700) != 0 {
            let code = errno
            guard code == EEXIST, lstat(nest, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                throw fault("cannot be made", code)
            }
        }
        // Left behind by a crash, or narrowed by the process's mask.
        guard chmod(nest, 0o700) == 0 else { throw fault("cannot be made", errno) }
    }

    /// Gives the bound socket its name. Throws ``ControlFault`` of kind `socket`.
    func publish() throws(ControlFault) {
        var status = stat()
        guard chmod(draft, 0o600) == 0, lstat(draft, &status) == 0, rename(draft, path) == 0 else {
            throw fault("cannot be made", errno)
        }
        let made = FileID(status)
        file.withLockedValue { $0 = made }
        rmdir(nest)
    }

    /// Removes the file, unless another one has taken its place.
    func remove() {
        var status = stat()
        guard let made = file.withLockedValue({ $0 }), lstat(path, &status) == 0, FileID(status) == made else { return }
        unlink(path)
    }

    /// Removes what ``prepare()`` made, where binding failed.
    func abandon() {
        unlink(draft)
        rmdir(nest)
    }

    /// Whether somebody takes connections at ``path``.
    private func isServed() throws(ControlFault) -> Bool {
        let type = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
        let descriptor = socket(AF_UNIX, Int32(type), 0)
        guard descriptor >= 0 else { throw fault("cannot be looked at", errno) }
        defer { Glibc.close(descriptor) }
        // A `sockaddr_un` (unix(7)): the family, the path, zeros.
        var address = withUnsafeBytes(of: sa_family_t(AF_UNIX)) { Array($0) } + path.utf8
        address += repeatElement(0, count: Self.longestPath + 1 - path.utf8.count)
        let result = address.withUnsafeBytes {
            connect(descriptor, $0.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
        // EAGAIN: so many wait already that there is no room for one more.
        return result == 0 || errno == EAGAIN
    }

    private func fault(_ what: String, _ code: Int32) -> ControlFault {
        ControlFault(
            .socket,
            path,
            "\(what): \(String(cString: strerror(code)))",
            hint: "let the user that runs herald read and write its folder, or set another state_dir"
        )
    }
}
