/// The parameters by which `_all_dbs`, `_dbs_info` and `_all_docs` choose among sorted keys.
struct KeyRange: Sendable, Equatable {
    var start: String?
    var end: String?
    var includesEnd = true
    var isDescending = false
    var skip = 0
    var limit = Int.max

    init(_ target: RequestTarget) throws(CouchError) {
        isDescending = target.isTrue("descending")
        includesEnd = target["inclusive_end"] != "false"
        start = try Self.key(target["startkey"] ?? target["start_key"])
        end = try Self.key(target["endkey"] ?? target["end_key"])
        if let key = try Self.key(target["key"]) { (start, end) = (key, key) }
        if let text = target["skip"] { skip = try Self.number(text) }
        if let text = target["limit"] { limit = try Self.number(text) }
    }

    /// - Parameter keys: in ascending order.
    func choose(_ keys: [String]) -> ArraySlice<String> {
        let ordered = isDescending ? keys.reversed() : keys
        let within = ordered.filter { key in
            if let start, precedes(key, start) { return false }
            if let end { return includesEnd ? !precedes(end, key) : precedes(key, end) }
            return true
        }
        return within.dropFirst(skip).prefix(limit)
    }

    private func precedes(_ left: String, _ right: String) -> Bool {
        isDescending
            ? right.utf8.lexicographicallyPrecedes(left.utf8) : left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    private static func key(_ text: String?) throws(CouchError) -> String? {
        guard let text else { return nil }
        guard let json = try? JSONParser.parse(text) else { throw .invalidJSON }
        return json.text
    }

    private static func number(_ text: String) throws(CouchError) -> Int {
        guard let number = Int(text), number >= 0 else {
            throw CouchError(
                status: 400,
                error: "query_parse_error",
                reason: "Invalid value for integer: \"\(text)\""
            )
        }
        return number
    }
}
