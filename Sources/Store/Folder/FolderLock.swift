import CLinux
import Glibc
import NIOConcurrencyHelpers

/// The sole right to a folder, until it is released or the process ends, however it ends.
///
/// It is a POSIX lock: the kernel names its holder, and children do not inherit
/// it. But it does not count within its process, and the process loses it with
/// the first descriptor of the file that is closed; so the files that this
/// process has locked are kept here, and are opened once.
final class FolderLock: Sendable {
    private struct File: Hashable {
        let device: dev_t
        let number: ino_t

        init(_ status: stat) {
            device = status.st_dev
            number = status.st_ino
        }
    }

    private static let files = NIOLockedValueBox(Set<File>())

    private let file: File
    private let descriptor: NIOLockedValueBox<Int32?>

    private init(_ file: File, _ descriptor: Int32) {
        self.file = file
        self.descriptor = NIOLockedValueBox(descriptor)
    }

    deinit {
        release()
    }

    /// Takes the lock of `folder`, or throws who has it. Does not wait.
    static func take(_ folder: StoreFolder) throws(StoreError) -> FolderLock {
        let result = files.withLockedValue { files -> Result<FolderLock, StoreError> in
            Result { () throws(StoreError) in
                var status = stat()
                if stat(folder.lock, &status) == 0, files.contains(File(status)) {
                    throw .inUse(folder.path, by: getpid())
                }
                let descriptor = open(folder.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
                guard descriptor >= 0 else { throw StoreError(folder.lock, "cannot be opened", errno: errno) }
                do throws(StoreError) {
                    try lock(descriptor, folder)
                    guard fstat(descriptor, &status) == 0 else {
                        throw StoreError(folder.lock, "cannot be used", errno: errno)
                    }
                } catch {
                    close(descriptor)
                    throw error
                }
                files.insert(File(status))
                return FolderLock(File(status), descriptor)
            }
        }
        return try result.get()
    }

    /// Whether the file that is locked is still the one at `path`.
    func isAt(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && File(status) == file
    }

    /// Lets others have the folder. Does nothing the second time.
    func release() {
        Self.files.withLockedValue { files in
            descriptor.withLockedValue { descriptor in
                guard let open = descriptor else { return }
                close(open)
                descriptor = nil
                files.remove(file)
            }
        }
    }

    private static func lock(_ descriptor: Int32, _ folder: StoreFolder) throws(StoreError) {
        // Its holder may end between the two calls, and then the next try succeeds.
        for _ in 0..<10 {
            if herald_lock_file(descriptor) == 0 { return }
            guard errno == EACCES || errno == EAGAIN else {
                throw StoreError(folder.lock, "cannot be locked", errno: errno)
            }
            var isHeld: Int32 = 0
            let holder = herald_lock_holder(descriptor, &isHeld)
            if holder < 0 || isHeld != 0 { throw .inUse(folder.path, by: holder > 0 ? holder : nil) }
        }
        throw .inUse(folder.path, by: nil)
    }
}
