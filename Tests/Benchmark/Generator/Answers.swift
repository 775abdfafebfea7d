/// What the generator answers to everything but `_changes`, in CouchDB 3.5's words.
enum Answers {
    static let welcome = json(
        """
        {"couchdb":"Welcome","version":"3.5.0","git_sha":"11f0d36","uuid":"0123456789abcdef0123456789abcdef",\
        "features":["access-ready","partitioned","pluggable-storage-engines","reshard","scheduler"],\
        "vendor":{"name":"The Apache Software Foundation"}}
        """
    )

    static let missing = json(
        #"{"error":"not_found","reason":"Database does not exist."}"#,
        status: "404 Object Not Found"
    )

    static let feedHead = head("Transfer-Encoding: chunked")
    static let heartbeat = Array("1\r\n\n\r\n".utf8)

    /// What a feed that has come to its end closes with.
    static let lastChunks = Array("1\r\n\n\r\n0\r\n\r\n".utf8)

    /// The end of a feed that has timed out.
    static func feedEnd(lastSeq: String) -> [UInt8] {
        var wire: [UInt8] = []
        RowWriter.append(chunk: Array("{\"last_seq\":\"\(lastSeq)\",\"pending\":0}\n".utf8), to: &wire)
        return wire + lastChunks
    }

    static func allDatabases(_ databases: [RenderedDatabases.Database]) -> [UInt8] {
        json("[\(databases.map { "\"\($0.name)\"" }.joined(separator: ","))]")
    }

    static func info(_ database: RenderedDatabases.Database) -> [UInt8] {
        json(infoText(database))
    }

    /// `names` as they were asked for; `nil` for those that are missing.
    static func infos(_ databases: [(name: String, database: RenderedDatabases.Database?)]) -> [UInt8] {
        let elements = databases.map { name, database in
            let rest = database.map { #""info":\#(infoText($0))"# } ?? #""error":"not_found""#
            return #"{"key":"\#(name)",\#(rest)}"#
        }
        return json("[\(elements.joined(separator: ","))]")
    }

    private static func infoText(_ database: RenderedDatabases.Database) -> String {
        """
        {"instance_start_time":"1795218688","db_name":"\(database.name)","purge_seq":"0-g1AAAABXeJzLYWBgYMpgTmEQTM4v",\
        "update_seq":"\(database.lastSeq)","sizes":{"file":16700,"external":0,"active":0},"props":{},\
        "doc_del_count":0,"doc_count":\(database.rowCount),"disk_format_version":8,"compact_running":false,\
        "cluster":{"q":2,"n":1,"w":1,"r":1}}
        """
    }

    private static func json(_ text: String, status: String = "200 OK") -> [UInt8] {
        let body = Array((text + "\n").utf8)
        return head("Content-Length: \(body.count)", status: status) + body
    }

    private static func head(_ framing: String, status: String = "200 OK") -> [UInt8] {
        let lines = [
            "HTTP/1.1 \(status)", "Cache-Control: must-revalidate", "Content-Type: application/json",
            "Date: Fri, 20 Nov 2026 23:53:38 GMT", "Server: CouchDB/3.5.0 (Erlang OTP/25)", framing,
            "X-Couch-Request-ID: 0824aab498", "X-CouchDB-Body-Time: 0",
        ]
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
    }
}
