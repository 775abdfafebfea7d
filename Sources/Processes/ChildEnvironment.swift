@preconcurrency import Glibc

/// Makes the whole environment of a child.
public enum ChildEnvironment {
    /// The service's own credentials, which no child gets to see.
    public static let credentials: Set<String> = ["HERALD_SOURCE_USERNAME", "HERALD_SOURCE_PASSWORD"]

    /// Where commands are looked up if nobody says otherwise, as in most shells.
    static let usualPath = "/usr/local/bin:/usr/bin:/bin"

    /// What a child's environment is made of: `inherited` without `withheld`, then `extra` (a later pair wins over an
    /// earlier one and over what is inherited), then `firstOnPath` put before the rest of `PATH`.
    ///
    /// Inherited names that no process can be given (empty, beginning with a digit, or with a `=` in them) are left
    /// out. Those in `extra` are kept, so that starting the child fails with an error that names them.
    ///
    /// - Parameters:
    ///   - inherited: The environment of the service.
    ///   - extra: What the configuration adds, in its order.
    ///   - firstOnPath: A folder to look commands up in before any other.
    ///   - withheld: Names that are not inherited. In `extra` they are allowed: the owner has written them there.
    public static func make(
        inherited: [String: String],
        extra: [(String, String)] = [],
        firstOnPath: String? = nil,
        withheld: Set<String> = credentials
    ) -> [String: String] {
        var environment = inherited.filter { name, _ in !withheld.contains(name) && canBeInherited(name) }
        for (name, value) in extra {
            environment[name] = value
        }
        if let firstOnPath {
            let rest = environment["PATH"].flatMap { $0.isEmpty ? nil : $0 } ?? usualPath
            environment["PATH"] = "\(firstOnPath):\(rest)"
        }
        return environment
    }

    /// The environment of this process, as it is now. Bytes that are no UTF-8 are repaired. Call it before anything
    /// changes the environment from another thread.
    public static func ofThisProcess() -> [String: String] {
        var environment: [String: String] = [:]
        var entry: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = environ
        while let text = entry.pointee {
            let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if pair.count == 2 {
                environment[String(pair[0])] = String(pair[1])
            }
            entry += 1
        }
        return environment
    }

    private static func canBeInherited(_ name: String) -> Bool {
        guard let first = name.utf8.first else { return false }
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        return !digits.contains(first) && !name.utf8.contains(UInt8(ascii: "="))
    }
}
