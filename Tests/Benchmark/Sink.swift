import ArgumentParser
import Glibc

/// The notifier of the benchmark: counts lines, as cheaply as can be.
struct Sink: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Counts the lines on stdin.", shouldDisplay: false)

    @Option(help: "How many lines are to come.")
    var expect: Int

    @Option(help: "The file that tells when they had come, and at the end how many there were in all.")
    var report: String

    @Option(help: "The file that tells when each line came.")
    var times: String?

    @Option(help: "Answers each line with ok.")
    var answers: SinkAnswers = .none

    func run() throws {
        var total = 0
        var arrivals: [Int] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try call("read") { read(STDIN_FILENO, buffer.baseAddress, buffer.count) }
            guard count > 0 else { break }
            let lines = lineEnds(in: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            let before = total
            total += lines
            if lines > 0, before == 0 {
                try Files.write("first \(monotonicNanoseconds())\n", to: report, appending: true)
            }
            try answer(lines)
            if times != nil {
                arrivals.append(contentsOf: repeatElement(monotonicNanoseconds(), count: lines))
            }
            if before < expect, total >= expect {
                let now = monotonicNanoseconds()
                if let times { try Files.write(arrivals.map { "\($0)\n" }.joined(), to: times) }
                try Files.write("reached \(now)\n", to: report, appending: true)
            }
        }
        try Files.write("total \(total)\n", to: report, appending: true)
    }

    private func answer(_ lines: Int) throws {
        switch answers {
        case .none: break
        case .together: if lines > 0 { try Files.writeAll(String(repeating: "ok\n", count: lines), to: STDOUT_FILENO) }
        case .singly: for _ in 0..<lines { try Files.writeAll("ok\n", to: STDOUT_FILENO) }
        }
    }
}

/// How a sink answers its lines.
enum SinkAnswers: String, ExpressibleByArgument {
    case none
    /// All that it has read with one write.
    case together
    /// Each with a write of its own.
    case singly
}

/// How many line feeds there are.
func lineEnds(in bytes: UnsafeRawBufferPointer) -> Int {
    var count = 0
    var rest = bytes
    while let start = rest.baseAddress, let found = memchr(start, 0x0A, rest.count) {
        count += 1
        rest = UnsafeRawBufferPointer(rebasing: rest[(UnsafeRawPointer(found) - start + 1)...])
    }
    return count
}

/// What a ``Sink`` has told in its report.
struct SinkReport {
    /// The monotonic time, in nanoseconds, when the first line had come.
    var first: Int?
    /// The monotonic time, in nanoseconds, when the expected lines had come.
    var reached: Int?
    /// How many lines came before stdin ended.
    var total: Int?

    /// Reads it anew; nothing where there is no report yet.
    init(_ path: String) {
        for line in Files.read(path)?.split(separator: "\n") ?? [] {
            let words = line.split(separator: " ")
            guard words.count == 2, let number = Int(words[1]) else { continue }
            if words[0] == "first" { first = number }
            if words[0] == "reached" { reached = number }
            if words[0] == "total" { total = number }
        }
    }
}
