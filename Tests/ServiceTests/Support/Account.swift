import Glibc
import TestSupport

/// What one notifier has been told, read from the file that it writes while it grows, and held against what is true.
final class Account {
    /// What was told last of one document.
    private struct Told {
        var revision: String
        var isDeleted: Bool
    }

    /// What was told of one database since it was last told as created.
    private struct Life {
        var instance = ""
        var documents: [String: Told] = [:]
        var designs: [String: Told] = [:]
        var updates = 0
        var last = 0
    }

    let name: String
    private let path: String
    private let isRich: Bool
    private var offset = 0
    private var lives: [String: Life] = [:]
    private(set) var lineCount = 0
    /// How often a line stood before the one that came before it.
    private(set) var repeats = 0
    /// What must never be told, at any time.
    private(set) var faults: [String] = []
    /// The lives that were told, by database: `created` and `deleted` in turn.
    private(set) var lifeLines: [String: [String]] = [:]

    /// - Parameter isRich: Whether its lines tell single changes.
    init(_ stage: Stage, _ name: String, isRich: Bool) {
        self.name = name
        self.isRich = isRich
        path = stage.folder.path(name)
    }

    /// What is true of `truth` and this notifier has not been told, or told as it was before; in words. Reads on first.
    func missing(_ truth: Truth) throws -> [String] {
        try read()
        var missing: [String] = []
        for (database, documents) in truth.databases {
            guard let life = lives[database] else {
                missing.append("\(database): created")
                continue
            }
            if !isRich {
                // A plain line has no id: design documents have, and of the others there are as many lines at least.
                let designs = documents.filter { $0.key.hasPrefix("_design/") }
                missing += designs.keys.filter { life.designs[$0] == nil }.map { "\(database): \($0)" }
                if life.updates < documents.count {
                    missing.append("\(database): \(life.updates) of \(documents.count)")
                }
                continue
            }
            for (id, latest) in documents {
                let isTold = life.documents[id].map {
                    $0.revision == latest.revision && $0.isDeleted == latest.isDeleted
                }
                if isTold != true { missing.append("\(database): \(id) \(latest)") }
                guard id.hasPrefix("_design/"), life.designs[id]?.revision != latest.revision else { continue }
                missing.append("\(database): design document \(id) \(latest)")
            }
        }
        for (database, lines) in lifeLines where truth.databases[database] == nil && lines.last != "deleted" {
            missing.append("\(database): deleted")
        }
        return missing
    }

    /// Reads what has come since the last time.
    func read() throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        guard size > offset else { return }
        let bytes = [UInt8](unsafeUninitializedCapacity: size - offset) { buffer, count in
            count = max(pread(descriptor, buffer.baseAddress, buffer.count, offset), 0)
        }
        offset += RichLine.forEachLine(of: bytes) { take(RichLine($0)) }
    }

    private func take(_ line: RichLine) {
        lineCount += 1
        let database = line.database
        switch line.type {
        case "created":
            if let open = lives[database] { faults.append("\(database) created again within \(open.instance)") }
            lives[database] = Life(instance: line.instance)
            lifeLines[database, default: []].append("created")
        case "deleted":
            if lives[database]?.instance != line.instance { faults.append("\(database) deleted, but not as created") }
            lives[database] = nil
            lifeLines[database, default: []].append("deleted")
        case "updated":
            guard lives[database]?.instance == line.instance else {
                return faults.append("\(database) updated in \(line.instance), which it is not told to be")
            }
            lives[database]?.updates += 1
            guard isRich else { return }
            if let last = lives[database]?.last, line.number <= last { repeats += 1 }
            lives[database]?.last = line.number
            lives[database]?.documents[line.id] = Told(revision: line.revision, isDeleted: line.isDeleted)
        case "ddoc_updated":
            if isRich, lives[database]?.last != line.number { faults.append("\(line.id) does not follow its updated") }
            lives[database]?.designs[line.id] = Told(revision: line.revision, isDeleted: line.isDeleted)
        default: faults.append("a line that is none, after \(lineCount - 1)")
        }
    }
}
