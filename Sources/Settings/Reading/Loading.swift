/// A configuration file that was read.
struct ConfigurationText: Sendable, Hashable {
    /// As it was named, for faults.
    var file: String
    /// The absolute path of the folder that relative paths in it start from.
    var folder: String
    var bytes: [UInt8]
}

extension HeraldSettings {
    /// Larger files are no configuration; the limit keeps `-c /dev/zero` from eating the memory.
    static let sizeLimit = 16 * 1024 * 1024

    /// Reads the files at `paths`, later ones over earlier ones; a folder stands for its `*.ini` in name order, and no
    /// path at all for ``defaultPath``. `environment` is the service's own. Blocks while it reads.
    ///
    /// Throws all faults that there are.
    public static func load(paths: [String], environment: [String: String]) throws(Faults) -> HeraldSettings {
        var texts: [ConfigurationText] = []
        var faults: [Fault] = []
        var warnings: [Fault] = []
        for path in paths.isEmpty ? [defaultPath] : paths {
            switch FileView.real.look(path) {
            case .absent(let reason):
                faults.append(missing(path, reason))
            case .file:
                read(path, &texts, &faults)
            case .folder:
                readFolder(path, &texts, &faults, &warnings)
            }
        }
        return try interpret(texts, environment: environment, files: .real, faults: faults, warnings: warnings)
    }

    /// The settings that texts which were read already tell, each a layer over the one before.
    ///
    /// Files that they name are looked at. Throws all faults that there are.
    public static func interpret(
        _ texts: [(file: String, folder: String, bytes: [UInt8])],
        environment: [String: String]
    ) throws(Faults) -> HeraldSettings {
        let texts = texts.map { ConfigurationText(file: $0.file, folder: $0.folder, bytes: $0.bytes) }
        return try interpret(texts, environment: environment, files: .real)
    }

    /// The pure core: `files` answers what is asked of the machine; `faults` are those of files that could not be read.
    static func interpret(
        _ texts: [ConfigurationText],
        environment: [String: String],
        files: FileView,
        faults: [Fault] = [],
        warnings: [Fault] = []
    ) throws(Faults) -> HeraldSettings {
        var reader = SettingsReader(texts, environment: environment, files: files, isComplete: faults.isEmpty)
        var settings = reader.read()
        settings.warnings = warnings + reader.warnings.inOrder
        let faults = faults + reader.faults.inOrder
        guard faults.isEmpty else { throw Faults(faults, warnings: settings.warnings) }
        return settings
    }

    private static func missing(_ path: String, _ reason: String) -> Fault {
        Fault(file: path, message: "cannot be read: \(reason)", hint: "name the configuration with -c FILE_OR_FOLDER")
    }

    private static func read(_ path: String, _ texts: inout [ConfigurationText], _ faults: inout [Fault]) {
        do throws(FileError) {
            let bytes = try contents(of: path, limit: sizeLimit)
            texts.append(ConfigurationText(file: path, folder: folder(of: path), bytes: bytes))
        } catch {
            faults.append(Fault(file: path, message: error.reason, hint: "make it a text that this user may read"))
        }
    }

    private static func readFolder(
        _ path: String,
        _ texts: inout [ConfigurationText],
        _ faults: inout [Fault],
        _ warnings: inout [Fault]
    ) {
        do throws(FileError) {
            let names = try iniNames(inFolder: path)
            if names.isEmpty {
                warnings.append(
                    Fault(file: path, message: "has no *.ini in it", hint: "put one there, or do not name it")
                )
            }
            for name in names {
                let path = inFolder(path, name)
                if case .folder = FileView.real.look(path) { continue }
                read(path, &texts, &faults)
            }
        } catch {
            faults.append(Fault(file: path, message: error.reason, hint: "let this user read the folder"))
        }
    }

    /// The absolute path of the folder in which the file at `path` stands.
    private static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return currentFolder() }
        let folder = String(path[..<slash])
        return folder.isEmpty ? "/" : absolute(folder, from: currentFolder())
    }
}

/// `path`, made absolute from `folder`. Of `.` and `..` only a leading `./` is taken off: links may stand before `..`.
func absolute(_ path: String, from folder: String) -> String {
    var rest = path.bytes[...]
    if rest.first == UInt8(ascii: "/") { return path }
    while rest.starts(with: "./".utf8) {
        rest = rest.dropFirst(2).drop { $0 == UInt8(ascii: "/") }
    }
    if rest.isEmpty || Array(rest) == Array(".".utf8) { return folder }
    return folder.utf8.last == UInt8(ascii: "/") ? folder + rest.text : "\(folder)/\(rest.text)"
}
