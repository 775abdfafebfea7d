/// What `GET /db` says of a database, as far as it matters here.
struct DatabaseInfo: Sendable, Equatable {
    /// Raw: whether it means anything depends on the server (``ServerInfo/tellsInstances``).
    var instanceStartTime: String?
    var updateSeq: Seq
    /// How many copies of each document the server keeps (`cluster.n`).
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
        var copies = 1
        let isObject = scanner.members { scanner, name in
            if name.equals("cluster") {
                var probe = scanner
                if probe.members({ cluster, name in
                    guard let range = cluster.value() else { return false }
                    if name.equals("n") {
                        copies = Int(String(decoding: cluster.bytes[range], as: UTF8.self)) ?? 1
                    }
                    return true
                }) {
                    scanner = probe
                    return true
                }
                return scanner.value() != nil
            }
            if name.equals("instance_start_time") {
                startTime = scanner.optionalText()
                return true
            }
            guard let range = scanner.value() else { return false }
            if name.equals("update_seq") { seq = Seq(json: scanner.bytes[range]) }
            return true
        }
        guard isObject, let seq else { return nil }
        self.init(instanceStartTime: startTime, updateSeq: seq, copies: copies)
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
