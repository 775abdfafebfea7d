import CLinux
import Glibc

/// A new, empty folder, which goes with all that is in it when its last owner goes.
public final class TemporaryFolder: Sendable {
    /// The absolute path, without links in it.
    public let path: String

    /// Makes the folder; throws a ``TestFailure`` if it cannot.
    public init() throws {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/herald-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil, let real = realpath(template, nil) else { throw failure("mkdtemp", parent) }
        path = String(cString: real)
        free(real)
    }

    deinit {
        Self.remove(path)
    }

    /// The path of `name` in the folder.
    public func path(_ name: String) -> String {
        "\(path)/\(name)"
    }

    /// Writes the file `name`, with exactly this mode, and returns its path.
    @discardableResult
    public func write(_ name: String, _ text: String, mode: UInt32 = 0o644) throws -> String {
        try writeFile(path(name), text.utf8, mode: mode)
        return path(name)
    }

    /// Writes the shell script `name`, executable, and returns its path; `body` needs no `#!` line.
    @discardableResult
    public func writeScript(_ name: String, _ body: String) throws -> String {
        try write(name, "#!/bin/sh\n\(body)\n", mode: 0o755)
    }

    /// The text of the file `name`.
    public func read(_ name: String) throws -> String {
        String(decoding: try readFile(path(name)), as: UTF8.self)
    }

    /// Makes the folder `name` within and returns its path.
    @discardableResult
    public func makeFolder(_ name: String) throws -> String {
        guard mkdir(path(name), 0o755) == 0 else { throw failure("mkdir", path(name)) }
        return path(name)
    }

    private static func remove(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            unlink(path)
            return
        }
        for name in (try? namesInFolder(path)) ?? [] {
            remove("\(path)/\(name)")
        }
        rmdir(path)
    }
}
