extension HeraldSettings {
    /// What ``load(paths:environment:)`` would look at for the same `paths`: these, and behind each folder its `*.ini`.
    ///
    /// Blocks while it reads the folders. What cannot be read is left to `load` to complain of.
    public static func filesToRead(paths: [String]) -> [String] {
        var files: [String] = []
        for path in paths.isEmpty ? [defaultPath] : paths {
            files.append(path)
            guard case .folder = FileView.real.look(path), let names = try? iniNames(inFolder: path) else { continue }
            files += names.map { inFolder(path, $0) }
        }
        return files
    }

    /// The path of `name` in the folder at `path`.
    static func inFolder(_ path: String, _ name: String) -> String {
        path.utf8.last == UInt8(ascii: "/") ? path + name : "\(path)/\(name)"
    }
}
