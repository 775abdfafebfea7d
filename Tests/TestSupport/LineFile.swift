/// A file to which a script appends lines, read while it grows.
public struct LineFile: Sendable {
    /// The path; the file need not be there yet.
    public let path: String

    /// The file at `path`.
    public init(_ path: String) {
        self.path = path
    }

    /// The lines that have their newline, without it. No file is no line.
    public var lines: [String] {
        guard let bytes = try? readFile(path), let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        return bytes[..<end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    /// Waits until there are at least `count` lines, and returns all that there are.
    @discardableResult
    public func waitForLines(_ count: Int, deadline: Duration = .patience) async throws -> [String] {
        do {
            return try await waitForValue("\(count) lines in \(path)", deadline: deadline) {
                let lines = self.lines
                return lines.count >= count ? lines : nil
            }
        } catch let failure as TestFailure {
            throw TestFailure("\(failure); there are \(lines.count): \(lines.suffix(20))")
        }
    }

    /// Waits until a line contains `text`, and returns all lines that there are.
    @discardableResult
    public func waitForLine(containing text: String, deadline: Duration = .patience) async throws -> [String] {
        do {
            return try await waitForValue("a line with '\(text)' in \(path)", deadline: deadline) {
                let lines = self.lines
                return lines.contains { $0.contains(text) } ? lines : nil
            }
        } catch let failure as TestFailure {
            throw TestFailure("\(failure); there are \(lines.count): \(lines.suffix(20))")
        }
    }
}
