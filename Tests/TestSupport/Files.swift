import Glibc

/// The bytes of the file at `path`; throws a ``TestFailure`` if it cannot be read.
public func readFile(_ path: String) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open", path) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count == 0 { return bytes }
        if count > 0 {
            bytes += buffer[..<count]
        } else if errno != EINTR {
            throw failure("read", path)
        }
    }
}

/// Writes `bytes` to the file at `path`, which is made if need be; throws a ``TestFailure`` if it cannot.
public func writeFile(_ path: String, _ bytes: some Collection<UInt8>, mode: UInt32 = 0o644, append: Bool = false)
    throws
{
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC), mode)
    guard descriptor >= 0 else { throw failure("open", path) }
    defer { close(descriptor) }
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count >= 0 {
            rest = rest.dropFirst(count)
        } else if errno != EINTR {
            throw failure("write", path)
        }
    }
    // An earlier file keeps its mode otherwise, and the process may mask bits out.
    guard append || fchmod(descriptor, mode) == 0 else { throw failure("chmod", path) }
}

/// The names in the folder at `path`, sorted; throws a ``TestFailure`` if it cannot be read.
public func namesInFolder(_ path: String) throws -> [String] {
    guard let folder = opendir(path) else { throw failure("opendir", path) }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
}

/// Who may do what with the file at `path` itself, as `chmod` has it; throws a ``TestFailure`` if there is none.
public func modeOfFile(_ path: String) throws -> UInt32 {
    var status = stat()
    guard lstat(path, &status) == 0 else { throw failure("stat", path) }
    return status.st_mode & 0o7777
}

/// How long ago the file at `path` was last written to; `nil` if there is none.
public func ageOfFile(_ path: String) -> Duration? {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return .seconds(now.tv_sec - status.st_mtim.tv_sec) + .nanoseconds(now.tv_nsec - status.st_mtim.tv_nsec)
}

/// The time of CLOCK_MONOTONIC, in microseconds.
public func monotonicMicroseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000
}

/// A failure of the system call `function`, with the words for errno.
func failure(_ function: String, _ subject: String = "") -> TestFailure {
    TestFailure("\(function) \(subject): \(String(cString: strerror(errno)))")
}
