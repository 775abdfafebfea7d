/// Why the store cannot be opened, read or written: what is wrong, where, and what to do next.
public struct StoreError: Error, Sendable, Equatable {
    /// What kind of trouble it is.
    public enum Kind: Sendable, Equatable {
        /// Another process works with it; its process id, where that can be told (not across containers).
        case inUse(process: Int32?)
        /// It is not what Herald once wrote. It was left as it is.
        case damaged
        /// A newer Herald has written it.
        case newer
        /// The system does not let us: rights, a full disk, a missing folder, a failing device.
        case unusable
    }

    /// What kind of trouble it is.
    public var kind: Kind
    /// The file or folder.
    public var path: String
    /// What is wrong.
    public var message: String
    /// What to do next.
    public var hint: String

    /// An error of the file or folder at `path`.
    public init(_ kind: Kind, _ path: String, _ message: String, hint: String) {
        self.kind = kind
        self.path = path
        self.message = message
        self.hint = hint
    }
}

extension StoreError: CustomStringConvertible {
    /// `path: what is wrong; what to do`.
    public var description: String { "\(path): \(message); \(hint)" }
}

extension StoreError {
    static func inUse(_ path: String, by process: Int32?) -> StoreError {
        let who = process.map { "process \($0)" } ?? "another process"
        return StoreError(
            .inUse(process: process),
            path,
            "is in use by \(who)",
            hint: "there is one Herald a folder: stop that one first, or set another state_dir"
        )
    }

    static func damaged(_ path: String, _ what: String) -> StoreError {
        StoreError(
            .damaged,
            path,
            "is damaged: \(what)",
            hint: "restore a copy of its folder, or move the folder away: then each notifier begins anew at its 'since'"
        )
    }

    static func newer(_ path: String) -> StoreError {
        StoreError(
            .newer,
            path,
            "was written by a newer herald than this one",
            hint: "run that version, or set another state_dir"
        )
    }

    static func unusable(_ path: String, _ what: String, hint: String) -> StoreError {
        StoreError(.unusable, path, what, hint: hint)
    }

    static let closedHint = "this is a fault in Herald: please report it"
    static let fullHint = "make room on it; nothing is lost meanwhile, but lines may be told again after a restart"
    static let rightsHint = "let the user that runs herald read and write it, or set another state_dir"
    static let deviceHint = "see whether the disk is full, or failing (the system's log tells)"
}
