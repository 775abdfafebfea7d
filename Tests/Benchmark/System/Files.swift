import Glibc

/// The few things the benchmark does with files.
enum Files {
    /// All of it; `nil` if it cannot be read. For small files, those of /proc too.
    static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return count == 0 ? String(decoding: bytes, as: UTF8.self) : nil }
            bytes.append(contentsOf: buffer[..<count])
        }
    }

    /// Writes it anew, or behind what is there.
    static func write(_ text: String, to path: String, appending: Bool = false) throws {
        let descriptor = try call("open \(path)") {
            open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (appending ? O_APPEND : O_TRUNC), 0o600)
        }
        defer { close(descriptor) }
        try writeAll(text, to: descriptor)
    }

    /// Writes all of it, however many calls that takes.
    static func writeAll(_ text: String, to descriptor: CInt) throws {
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            written += try call("write") {
                bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + written, bytes.count - written) }
            }
        }
    }

    /// The running executable, however it was called.
    static func ownExecutable() throws -> String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = try call("readlink /proc/self/exe") {
            buffer.withUnsafeMutableBytes {
                readlink("/proc/self/exe", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count)
            }
        }
        return String(decoding: buffer[..<count], as: UTF8.self)
    }

    static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }
}

/// A folder that is gone, with all that is in it, when ``remove()`` was called.
struct TemporaryFolder {
    let path: String

    init() throws {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/herald-bench.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw BenchError.system("mkdtemp in \(parent)") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// With the folders in it, such as Herald's state.
    func remove() {
        Self.remove(path)
    }

    private static func remove(_ folder: String) {
        if let entries = opendir(folder) {
            while let entry = readdir(entries) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                guard name != ".", name != ".." else { continue }
                let path = "\(folder)/\(name)"
                if unlink(path) != 0 { remove(path) }
            }
            closedir(entries)
        }
        rmdir(folder)
    }
}

/// Shows a line at once, also where stdout is no terminal. If nobody reads it, that is all the same.
func say(_ line: String) {
    try? Files.writeAll(line.hasSuffix("\n") ? line : line + "\n", to: STDOUT_FILENO)
}
