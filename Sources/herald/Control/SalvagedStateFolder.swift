import Glibc
import Settings

/// The `state_dir` of a configuration that has faults, as far as it can be made out: what stands in the files that can be
/// read, and else what holds where nothing is set.
enum SalvagedStateFolder {
    /// The folder; `nil` if no file can be read and systemd has not named one either.
    ///
    /// - Parameter paths: As they were named with `-c`.
    static func find(paths: [String], environment: [String: String]) -> String? {
        let named = paths.isEmpty ? [HeraldSettings.defaultPath] : paths
        let files = named.flatMap { path in iniNames(inFolder: path).map { $0.map { "\(path)/\($0)" } } ?? [path] }
        let documents = files.compactMap { file in
            contents(of: file).map { INIDocument(parsing: $0, file: file) }
        }
        if let value = Layers(documents)["herald", "state_dir"] {
            return ThisProgram.absolute(value.text, from: folder(of: value.file))
        }
        if let first = environment["STATE_DIRECTORY"]?.split(separator: ":").first { return String(first) }
        return documents.first.map { document in
            ThisProgram.absolute(StoreSettings.defaultFolderName, from: folder(of: document.file))
        }
    }

    private static func folder(of file: String) -> String {
        guard let slash = file.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ThisProgram.folder }
        return slash == file.startIndex ? "/" : ThisProgram.absolute(String(file[..<slash]))
    }

    /// `nil` if it is no folder that can be read.
    private static func iniNames(inFolder path: String) -> [String]? {
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(".ini"), !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// `nil` if it cannot be read, or is no configuration by its size.
    private static func contents(of file: String) -> [UInt8]? {
        let limit = 16 << 20
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while bytes.count <= limit {
            let count = read(descriptor, &buffer, buffer.count)
            if count == 0 { return bytes }
            if count > 0 {
                bytes += buffer[..<count]
            } else if errno != EINTR {
                return nil
            }
        }
        return nil
    }
}
