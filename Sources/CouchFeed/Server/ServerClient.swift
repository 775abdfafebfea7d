import Curl

/// Asks the server its questions, one request each.
@CurlLoop
final class ServerClient {
    let address: ServerAddress

    /// For how long an answer may take. A connection that was lost on the way says nothing, so what is small is not
    /// waited for long; lists from busy servers need their time.
    private enum Patience {
        static let welcome = Duration.seconds(10)
        static let info = Duration.seconds(20)
        static let list = Duration.seconds(60)
    }

    init(_ address: ServerAddress) {
        self.address = address
    }

    /// `GET /`
    func welcome(_ completion: @escaping @CurlLoop (Answer<ServerInfo>) -> Void) {
        ask("/", within: Patience.welcome) { result in
            let answer = Answer(result)
            guard case .ok(let body) = answer, ServerInfo(json: body) == nil else {
                return completion(answer.map { ServerInfo(json: $0) })
            }
            completion(.unavailable(why: Self.strangeness(of: body), retryAfter: nil))
        }
    }

    /// `GET /_all_dbs`
    func allDatabases(_ completion: @escaping @CurlLoop (Answer<[String]>) -> Void) {
        ask("/_all_dbs", within: Patience.list) { completion(Answer($0).map { databaseNames(json: $0) }) }
    }

    /// `GET /db`
    func info(of database: String, _ completion: @escaping @CurlLoop (Answer<DatabaseInfo>) -> Void) {
        ask(ServerAddress.path(ofDatabase: database), within: Patience.info) {
            completion(Answer($0).map { DatabaseInfo(json: $0) })
        }
    }

    /// `POST /_dbs_info`, for at most ``mostAtOnce`` names. What is not in the answer is missing or broken: ask for it by itself.
    func infos(of databases: [String], _ completion: @escaping @CurlLoop (Answer<[String: DatabaseInfo]>) -> Void) {
        var body = Array(#"{"keys":["#.utf8)
        for (index, name) in databases.enumerated() {
            if index > 0 { body.append(UInt8(ascii: ",")) }
            JSONText.append(quoted: name.utf8, to: &body)
        }
        body.append(contentsOf: "]}".utf8)
        ask("/_dbs_info", body: body, within: Patience.info) {
            completion(Answer($0).map { DatabaseInfo.many(json: $0) })
        }
    }

    /// `GET /db/_changes` for one row: how many changes there are behind it, where the server counts them.
    func pending(in database: String, behind place: Seq, _ completion: @escaping @CurlLoop (Answer<Int>) -> Void) {
        let path = ServerAddress.path(ofDatabase: database)
        ask("\(path)/_changes?limit=1&since=\(place.query)", within: Patience.info) {
            completion(Answer($0).map { pendingCount(json: $0) })
        }
    }

    /// How many names a CouchDB takes in one `_dbs_info`; more is 400 `too_many_keys`.
    static let mostAtOnce = 100

    private func ask(
        _ path: String,
        body: [UInt8]? = nil,
        within patience: Duration,
        _ completion: @escaping @CurlLoop (Result<Response, TransferFailure>) -> Void
    ) {
        do {
            var request = try address.request(path)
            request.timeout = patience
            request.body = body
            HTTPClient.send(request, completion: completion)
        } catch {
            completion(.failure(TransferFailure(kind: .noCredentials, message: "\(error)")))
        }
    }

    /// What to say of a server that is no CouchDB.
    private static func strangeness(of body: [UInt8]) -> String {
        let start = body.prefix(1024).drop { $0 <= 0x20 }
        if start.first == UInt8(ascii: "<") {
            return "it answers HTML, which no CouchDB does: a proxy that is starting, or the url of something else"
        }
        let text = String(decoding: start.prefix(120), as: UTF8.self)
        return "it is no CouchDB; GET / says: \(text.filter { !$0.isNewline })"
    }
}
