/// What `GET /` says of a server.
public struct ServerInfo: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        case couchDB
        case cloudant
        case pouchDBServer
    }

    public var kind: Kind
    public var version: String
    /// The same for as long as the server's configuration lives; not every server has one.
    public var uuid: String?

    public init(kind: Kind, version: String, uuid: String?) {
        self.kind = kind
        self.version = version
        self.uuid = uuid
    }

    /// `nil` if this is not how a CouchDB-compatible server says welcome.
    init?(json: [UInt8]) {
        var (isCouch, isPouch, isCloudant) = (false, false, false)
        var version = ""
        var uuid: String?
        let isObject = json.withUnsafeBytes { bytes in
            var scanner = JSONScanner(bytes)
            return scanner.members { scanner, name in
                let name = String(decoding: name, as: UTF8.self)
                switch name {
                case "couchdb": isCouch = true
                case "express-pouchdb", "pouchdb-server", "pouchdb": isPouch = true
                case "version":
                    if let text = scanner.optionalText() { version = text }
                    return true
                case "uuid":
                    uuid = scanner.optionalText()
                    return true
                case "vendor":
                    guard let range = scanner.value() else { return false }
                    let vendor = String(decoding: scanner.bytes[range], as: UTF8.self)
                    isCloudant = vendor.contains("Cloudant")
                    return true
                default: break
                }
                return scanner.value() != nil
            }
        }
        guard isObject, isCouch || isPouch else { return nil }
        kind = isPouch ? .pouchDBServer : isCloudant ? .cloudant : .couchDB
        self.version = version
        self.uuid = uuid
    }

    /// Whether `instance_start_time` tells the lives of a database apart: with
    /// CouchDB 3.3 and later it is the time of the creation; before, and with
    /// PouchDB Server, it says nothing (`COUCHDB.md`, "Servers differ").
    public var tellsInstances: Bool {
        guard kind != .pouchDBServer else { return false }
        let numbers = version.split(separator: ".").map { Int($0.prefix { $0.isNumber }) ?? 0 }
        guard let major = numbers.first else { return false }
        let minor = numbers.count > 1 ? numbers[1] : 0
        return (major, minor) >= (3, 3)
    }
}

extension ServerInfo.Kind: CustomStringConvertible {
    /// As it calls itself.
    public var description: String {
        switch self {
        case .couchDB: "CouchDB"
        case .cloudant: "Cloudant"
        case .pouchDBServer: "PouchDB Server"
        }
    }
}

extension ServerInfo: CustomStringConvertible {
    public var description: String {
        version.isEmpty ? "\(kind)" : "\(kind) \(version)"
    }
}

extension JSONScanner {
    /// Reads a value; what it stands for if it is a string.
    mutating func optionalText() -> String? {
        skipBlanks()
        guard next == UInt8(ascii: "\"") else {
            _ = value()
            return nil
        }
        return string().map { text in
            String(decoding: JSONText.unescaped(UnsafeRawBufferPointer(rebasing: bytes[text.range])), as: UTF8.self)
        }
    }
}
