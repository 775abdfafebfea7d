import TestSupport
import Testing

/// A disk for one process: no file of it may grow beyond so many blocks of 512 bytes. What is written beyond fails as on
/// a full disk (EFBIG), since the signal that would kill it is ignored.
enum SmallDisk {
    /// Starts `herald run`, and waits until it knows which databases there are.
    static func herald(blocks: Int, _ configuration: String) async throws -> HeraldProcess {
        let herald = try HeraldProcess(
            executable: "/bin/sh",
            [
                "-c", "trap '' XFSZ; ulimit -S -f \(blocks); exec \"$0\" run -c \"$1\"", try HeraldProcess.binary(),
                configuration,
            ]
        )
        try await herald.waitForLine(containing: "databases on the server")
        return herald
    }

    static func liftLimit(of herald: HeraldProcess) async throws {
        let lift = try HeraldProcess(
            executable: "/bin/sh",
            ["-c", "exec prlimit --pid \(herald.pid) --fsize=unlimited"]
        )
        #expect(try await lift.waitForExit() == .status(0))
    }
}
