import CLinux
import Glibc
import Settings

/// What tells without reading them whether the files of a configuration are still the same, and still have the same content.
public struct ConfigurationFingerprint: Sendable, Equatable {
    /// What stat(2) says of a file, links followed.
    enum Stamp: Sendable, Equatable {
        case absent(error: Int32)
        case regular(Identity, size: Int64, modified: Time, changed: Time)
        /// Folders change whenever any file in them does, and pipes when they are read: only which one it is counts.
        case other(Identity)
    }

    /// Which file it is: another one after a rename over it.
    struct Identity: Sendable, Equatable {
        var device: UInt64
        var inode: UInt64
    }

    /// A moment as the file system has it.
    struct Time: Sendable, Equatable {
        var seconds: Int
        var nanoseconds: Int

        /// As file systems count it.
        static func now() -> Time {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Time(seconds: time.tv_sec, nanoseconds: time.tv_nsec)
        }

        fileprivate static func - (later: Time, earlier: Time) -> Duration {
            .seconds(later.seconds - earlier.seconds) + .nanoseconds(later.nanoseconds - earlier.nanoseconds)
        }
    }

    /// A file of the configuration.
    struct File: Sendable, Equatable {
        var path: String
        var stamp: Stamp
    }

    /// The files in the order in which they are read, those that folders stand for included.
    let files: [File]

    init(files: [File]) {
        self.files = files
    }

    /// The fingerprint as it is now of what `HeraldSettings.load(paths:environment:)` reads for the same `paths`.
    ///
    /// Blocks for as many calls of stat(2) as there are files. Take it before the files are read: what changes while they
    /// are read is then noticed afterwards.
    public init(paths: [String]) {
        files = HeraldSettings.filesToRead(paths: paths).map { File(path: $0, stamp: Self.stamp(of: $0)) }
    }

    /// An empty file is, nearly always, one that is about to be filled, and would stop all that it names: so long it is
    /// waited for what comes.
    private static let quietWhileEmpty = Duration.seconds(1)

    /// How long it takes until no file has changed for ``ChangeDetector/quiet``, and for longer where it is empty, if none
    /// does any more. A file from the future says nothing: somebody has set a clock.
    func restlessness(at now: Time) -> Duration {
        files.reduce(.zero) { rest, file in
            guard case .regular(_, let size, _, let changed) = file.stamp else { return rest }
            let age = now - changed
            let quiet = size == 0 ? Self.quietWhileEmpty : ChangeDetector<Self>.quiet
            return age < .zero ? rest : max(rest, quiet - age)
        }
    }

    private static func stamp(of path: String) -> Stamp {
        var status = stat()
        guard stat(path, &status) == 0 else { return .absent(error: errno) }
        let identity = Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        guard status.st_mode & S_IFMT == S_IFREG else { return .other(identity) }
        return .regular(
            identity,
            size: Int64(status.st_size),
            modified: Time(seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec),
            changed: Time(seconds: status.st_ctim.tv_sec, nanoseconds: status.st_ctim.tv_nsec)
        )
    }
}
