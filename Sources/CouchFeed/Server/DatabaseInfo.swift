/// What `GET /db` says of a database, as far as it matters here.
struct DatabaseInfo: Sendable, Equatable {
    /// Raw: whether it means anything depends on the server (``ServerInfo/tellsInstances``).
    var instanceStartTime: String?
    var updateSeq: Seq
    /// How many nodes of a cluster have a copy of it (`cluster.n`); 1 where the server does not say. With more than one,
    /// two requests may be answered by different copies.
    var copies: Int

    init(instanceStartTime: String?, updateSeq: Seq, copies: Int = 1) {
        self.instanceStartTime = instanceStartTime
        self.updateSeq = updateSeq
        self.copies = copies
    }

    /// `nil` if this is not the description of a database.
    init?(json: [UInt8]) {
        let info = json.withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            return DatabaseInfo(&scanner)
        }
        guard let info else { return nil }
        self = info
    }

    private init?(_ scanner: inout JSONScanner) {
        var startTime: String?
        var seq: Seq?
        var copies: Int?
        let isObject = scanner.members { scanner, name in
            if name.equals("instance_start_time") {
                startTime = scanner.optionalText()
                return true
            }
            guard let range = scanner.value() else { return false }
            if name.equals("update_seq") { seq = Seq(json: scanner.bytes[range]) }
            if name.equals("cluster") { copies = Self.copies(UnsafeRawBufferPointer(rebasing: scanner.bytes[range])) }
            return true
        }
        guard isObject, let seq else { return nil }
        self.init(instanceStartTime: startTime, updateSeq: seq, copies: copies ?? 1)
    }

    /// The `n` of `{"q":2,"n":1,"w":1,"r":1}`; `nil` if this is something else.
    private static func copies(_ cluster: UnsafeRawBufferPointer) -> Int? {
        var scanner = JSONScanner(cluster)
        var copies: Int?
        let isObject = scanner.members { scanner, name in
            guard let range = scanner.value() else { return false }
            if name.equals("n") { copies = Int(String(decoding: scanner.bytes[range], as: UTF8.self)) }
            return true
        }
        return isObject ? copies : nil
    }

    /// Reads the answer of `POST /_dbs_info`: by name, those that were found. `nil` if it is no such answer.
    static func many(json: [UInt8]) -> [String: DatabaseInfo]? {
        var found: [String: DatabaseInfo] = [:]
        let isArray = json.withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            return scanner.elements { scanner in
                var key: String?
                var info: DatabaseInfo?
                let isObject = scanner.members { scanner, name in
                    if name.equals("key") {
                        key = scanner.optionalText()
                        return key != nil
                    }
                    if name.equals("info") {
                        scanner.skipBlanks()
                        guard scanner.next == UInt8(ascii: "{") else { return scanner.value() != nil }
                        info = DatabaseInfo(&scanner)
                        return info != nil
                    }
                    return scanner.value() != nil
                }
                if let key, let info { found[key] = info }
                return isObject
            }
        }
        return isArray ? found : nil
    }
}

/// The `pending` in the answer of `GET /db/_changes`. `nil` if it has none.
func pendingCount(json: [UInt8]) -> Int? {
    var count: Int?
    let isObject = json.withUnsafeBytes { bytes in
        var scanner = JSONScanner(bytes)
        return scanner.members { scanner, name in
            guard let range = scanner.value() else { return false }
            if name.equals("pending") { count = Int(String(decoding: scanner.bytes[range], as: UTF8.self)) }
            return true
        }
    }
    return isObject ? count : nil
}

/// The names in the answer of `GET /_all_dbs`. `nil` if it is no list of names.
func databaseNames(json: [UInt8]) -> [String]? {
    var names: [String] = []
    let isArray = json.withUnsafeBytes { bytes in
        var scanner = JSONScanner(bytes)
        return scanner.elements { scanner in
            guard let name = scanner.optionalText() else { return false }
            names.append(name)
            return true
        }
    }
    return isArray ? names : nil
}
