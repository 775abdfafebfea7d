import CLinux
import Glibc

/// The folder of the store and the files in it, as the file system has them.
///
/// Nothing here opens the database's file: to close any descriptor of a file
/// lifts all POSIX locks that the process has on it, SQLite's too.
struct StoreFolder: Sendable, Hashable {
    let path: String

    var database: String { "\(path)/herald.sqlite" }
    var log: String { "\(database)-wal" }
    var lock: String { "\(path)/lock" }
    /// Where a database is made before it gets its name.
    var draft: String { "\(path)/herald.sqlite.new" }

    /// What the database and its log take, in bytes.
    var size: Int64 {
        [database, log].reduce(0) { sum, path in
            var status = stat()
            return stat(path, &status) == 0 ? sum + Int64(status.st_size) : sum
        }
    }

    /// Makes the folder if it is missing, for its owner alone. A missing parent is not made: it is more likely a
    /// mistake in the path, or a disk that is not mounted.
    func make() throws(StoreError) {
        guard mkdir(path, 0o700) != 0 else { return }
        let code = errno
        // It may be there, and the parent read-only.
        if try exists() { return }
        switch code {
        case ENOENT:
            throw .unusable(path, "cannot be made: the folder above it is missing", hint: Self.parentHint)
        default:
            throw StoreError(path, "cannot be made", errno: code)
        }
    }

    /// Whether the folder is there.
    func exists() throws(StoreError) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0 else {
            guard errno == ENOENT else { throw StoreError(path, "cannot be used", errno: errno) }
            return false
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw .unusable(path, "is no folder", hint: "move it away, or set another state_dir")
        }
        return true
    }

    /// Throws unless the folder, or the one above it if there is none, can be written to.
    func checkThatItCouldBeMade() throws(StoreError) {
        guard try !exists() else {
            guard access(path, R_OK | W_OK | X_OK) == 0 else {
                throw StoreError(path, "cannot be used", errno: errno)
            }
            return
        }
        let name = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let parent = name.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard access(parent, W_OK | X_OK) == 0 else {
            let code = errno
            if code == ENOENT {
                throw .unusable(path, "cannot be made: the folder above it is missing", hint: Self.parentHint)
            }
            throw StoreError(path, "cannot be made", errno: code)
        }
    }

    /// Whether the disk has no room left for the little that SQLite needs beside the data: it calls that an I/O error.
    var isFull: Bool {
        var status = statvfs()
        return statvfs(path, &status) == 0 && UInt64(status.f_bavail) * UInt64(status.f_frsize) < 64 * 1024
    }

    /// The size of a file; nil if it is missing.
    func size(of file: String) throws(StoreError) -> Int? {
        var status = stat()
        guard stat(file, &status) == 0 else {
            guard errno == ENOENT else { throw StoreError(file, "cannot be used", errno: errno) }
            return nil
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .unusable(file, "is no file", hint: "move it away, or set another state_dir")
        }
        return Int(status.st_size)
    }

    /// Whether there is a database. One that cannot be whole is an error: a database gets its name when it is complete,
    /// so an empty file is never one that is still to be filled, but one that was cut short.
    func hasDatabase() throws(StoreError) -> Bool {
        guard let size = try size(of: database) else {
            if let logged = try self.size(of: log), logged > 0 {
                throw .damaged(database, "it is missing, though its newest part (\(log)) is there")
            }
            return false
        }
        guard size > 0 else { throw .damaged(database, "it is empty, so it was cut short") }
        return true
    }

    /// Removes a draft that was left behind, and what SQLite made beside it.
    func removeDraft() throws(StoreError) {
        for suffix in ["", "-wal", "-shm", "-journal"] where unlink(draft + suffix) != 0 && errno != ENOENT {
            throw StoreError(draft + suffix, "cannot be removed", errno: errno)
        }
    }

    /// Gives the draft its name, on the disk too.
    func publishDraft() throws(StoreError) {
        // Dead letters hold what is in the documents: nobody else's to read, whatever the folder's mode is.
        guard chmod(draft, 0o600) == 0 else { throw StoreError(draft, "cannot be made private", errno: errno) }
        guard rename(draft, database) == 0 else { throw StoreError(database, "cannot be made", errno: errno) }
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreError(path, "cannot be opened", errno: errno) }
        defer { close(descriptor) }
        // EINVAL: a file system that cannot do this to folders.
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw StoreError(path, "cannot be written", errno: errno)
        }
    }

    private static let parentHint = "make that folder first, or set another state_dir"
}

extension StoreError {
    /// A system call failed on `path`.
    init(_ path: String, _ what: String, errno code: Int32) {
        let hint =
            switch code {
            case EACCES, EPERM, EROFS: Self.rightsHint
            case ENOSPC, EDQUOT: Self.fullHint
            case EIO: Self.deviceHint
            case EMFILE, ENFILE: "raise the limit of open files (ulimit -n, LimitNOFILE=)"
            default: "set another state_dir"
            }
        self.init(.unusable, path, "\(what): \(String(cString: strerror(code)))", hint: hint)
    }
}
