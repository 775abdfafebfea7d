import Glibc
import TestSupport

/// What a process has of the machine.
struct Resources {
    /// Processor time that it has used so far, by itself.
    let cpu: Duration
    let descriptors: Int
    let threads: Int
    /// Memory that it has now, and the most that it ever had, in kB.
    let memory: Int
    let peakMemory: Int

    /// Throws a ``TestFailure`` if there is no such process. See proc_pid_stat(5) and proc_pid_status(5).
    init(of pid: Int32) throws {
        let stat = String(decoding: try readFile("/proc/\(pid)/stat"), as: UTF8.self)
        let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
        let status = String(decoding: try readFile("/proc/\(pid)/status"), as: UTF8.self).split(separator: "\n")
        func value(_ key: String) -> Int {
            let line = status.first { $0.hasPrefix("\(key):") } ?? ""
            return line.split { $0 == " " || $0 == "\t" }.dropFirst().first.flatMap { Int($0) } ?? 0
        }
        guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else {
            throw TestFailure("process \(pid) tells nothing of itself")
        }
        cpu = .milliseconds((user + system) * 1000 / sysconf(Int32(_SC_CLK_TCK)))
        descriptors = try namesInFolder("/proc/\(pid)/fd").count
        threads = value("Threads")
        memory = value("VmRSS")
        peakMemory = value("VmHWM")
    }
}
