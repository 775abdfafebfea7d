import Glibc

/// What the settings ask the machine's files; tests give answers of their own.
struct FileView: Sendable {
    /// What stands at a path.
    enum State: Sendable, Hashable {
        case absent(reason: String)
        case folder
        /// Anything else; `mode` has the permission bits.
        case file(mode: UInt32)
    }

    var look: @Sendable (_ path: String) -> State
    var readSecret: @Sendable (_ path: String) throws(Fault) -> String
    /// Why a file cannot be read; nil if it can.
    var whyUnreadable: @Sendable (_ path: String) -> String?

    /// The files as they are.
    static let real = FileView(
        look: { state(of: $0) },
        readSecret: { (path) throws(Fault) in try Settings.readSecret(path) },
        whyUnreadable: { access($0, R_OK) == 0 ? nil : lastError() }
    )

    private static func state(of path: String) -> State {
        var status = stat()
        guard stat(path, &status) == 0 else { return .absent(reason: lastError()) }
        return status.st_mode & S_IFMT == S_IFDIR ? .folder : .file(mode: status.st_mode & 0o7777)
    }
}

/// Reads a password or a token: the content of the file at `path` less one newline at its end.
///
/// The service calls it again whenever it logs in, since such files are replaced under it. Throws a fault of the file if
/// it cannot be read, is no regular file, is empty, larger than 64 kB, or holds more than one line of text.
public func readSecret(_ path: String) throws(Fault) -> String {
    let limit = 64 * 1024
    var status = stat()
    guard stat(path, &status) == 0 else {
        throw Fault(
            file: path,
            message: "cannot be read: \(lastError())",
            hint: "make the file, readable for this user"
        )
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
        throw Fault(
            file: path,
            message: "is no regular file",
            hint: "name a file that holds the secret and nothing else"
        )
    }
    var bytes: [UInt8]
    do throws(FileError) {
        bytes = try contents(of: path, limit: limit)
    } catch {
        throw Fault(file: path, message: error.reason, hint: "make it a small file, readable for this user")
    }
    if bytes.last == .newline { bytes.removeLast() }
    if bytes.last == .carriageReturn { bytes.removeLast() }
    guard !bytes.isEmpty else {
        throw Fault(file: path, message: "is empty", hint: "write the secret into it")
    }
    guard !bytes.contains(where: \.isControl), let text = String(validating: bytes, as: UTF8.self) else {
        throw Fault(file: path, message: "is not one line of text", hint: "write the secret into it and nothing else")
    }
    return text
}

/// Why a file could not be read.
struct FileError: Error, Hashable {
    var reason: String
}

/// The bytes of the file at `path`, at most `limit` of them. Pipes are read to their end.
func contents(of path: String, limit: Int) throws(FileError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(reason: "cannot be read: \(lastError())") }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count == 0 { return bytes }
        if count < 0 {
            if errno == EINTR { continue }
            throw FileError(reason: "cannot be read: \(lastError())")
        }
        bytes += buffer[..<count]
        guard bytes.count <= limit else { throw FileError(reason: "is larger than \(limit / 1024) kB") }
    }
}

/// The names in the folder at `path` that end in `.ini` and are not hidden, in byte order.
func iniNames(inFolder path: String) throws(FileError) -> [String] {
    guard let folder = opendir(path) else { throw FileError(reason: "cannot be read: \(lastError())") }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
        // `d_name` is an array within the entry, which lives until the next call: the string is copied out before.
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: $0.pointee)) {
                String(cString: $0)
            }
        }
        if name.utf8.first != UInt8(ascii: "."), name.bytes.suffix(4) == Array(".ini".utf8)[...] {
            names.append(name)
        }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
}

/// The absolute path of the folder that the process is in.
func currentFolder() -> String {
    guard let path = getcwd(nil, 0) else { return "/" }
    defer { free(path) }
    return String(cString: path)
}

/// The system's words for `errno`.
private func lastError() -> String {
    String(cString: strerror(errno))
}
