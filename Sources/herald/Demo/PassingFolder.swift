import Glibc

/// A folder for files that nobody needs afterwards.
struct PassingFolder {
    let path: String

    /// Throws where the system has no room for it.
    init() throws {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/herald-demo-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw PassingFolderError(base: base, number: errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes it with the files in it; there are no folders in it.
    func remove() {
        guard let folder = opendir(path) else { return }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            unlink("\(path)/\(name)")
        }
        closedir(folder)
        rmdir(path)
    }
}

/// There is no room for the demo's files.
struct PassingFolderError: Error, CustomStringConvertible {
    var base: String
    var number: Int32

    var description: String {
        "no folder can be made in \(base): \(String(cString: strerror(number))); set TMPDIR to a folder of yours"
    }
}
