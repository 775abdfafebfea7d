@testable import Settings

/// Files that are as a test says.
func files(
    _ secrets: [String: String] = [:],
    folders: Set<String> = [],
    mode: UInt32 = 0o600
) -> FileView {
    FileView(
        look: { path in
            if folders.contains(path) { return .folder }
            return secrets[path] == nil ? .absent(reason: "No such file or directory") : .file(mode: mode)
        },
        readSecret: { (path) throws(Fault) in
            guard let secret = secrets[path] else {
                throw Fault(file: path, message: "cannot be read: No such file or directory", hint: "make it")
            }
            return secret
        },
        whyUnreadable: { secrets[$0] == nil ? "No such file or directory" : nil }
    )
}

/// The settings of `texts`, which stand as a.ini, b.ini and so on in `/etc/herald`.
func interpret(
    _ texts: String...,
    environment: [String: String] = [:],
    files: FileView = files()
) throws(Faults) -> HeraldSettings {
    let names = ["a.ini", "b.ini", "c.ini"]
    let texts = zip(names, texts).map { ConfigurationText(file: $0, folder: "/etc/herald", bytes: Array($1.utf8)) }
    return try HeraldSettings.interpret(texts, environment: environment, files: files)
}

/// The faults of `texts` as `herald check` shows them; empty if there are none.
func faults(
    _ texts: String...,
    environment: [String: String] = [:],
    files: FileView = files()
) -> [String] {
    let names = ["a.ini", "b.ini", "c.ini"]
    let texts = zip(names, texts).map { ConfigurationText(file: $0, folder: "/etc/herald", bytes: Array($1.utf8)) }
    do throws(Faults) {
        _ = try HeraldSettings.interpret(texts, environment: environment, files: files)
        return []
    } catch {
        return error.faults.map(\.description)
    }
}
