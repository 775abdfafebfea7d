import CLinux
import Glibc

/// A CouchDB of a few answers on loopback, in one thread: all it has to be is
/// faster than whoever reads.
///
/// It is led by lines on stdin and answers on stdout: `feeds` is answered by the
/// number of open feeds with nothing left to send, `go COUNT MILLISECONDS` by
/// `done` when so many rows, so far apart, have been added to the database
/// ``RenderedDatabases/live``, `pulse COUNT MILLISECONDS` by `done` when each
/// of the others has had so many, so far apart. It ends with its stdin.
final class GeneratorServer {
    private var rendered: RenderedDatabases
    private let normalRows: NormalRows
    private let pace: Int?
    private let timesPath: String?
    private let epoll: CInt
    private let listener: CInt
    private var connections: [CInt: Connection] = [:]
    private var commands: [UInt8] = []
    private var writer = RowWriter()
    private var stream: LiveStream?
    private var pulse: Pulse?
    /// Open feeds by database.
    private var readers: [Int: [Connection]] = [:]
    private var nextBeat = 0

    /// Rows that are being added to the live database.
    private struct LiveStream {
        var left: Int
        var interval: Int
        var next: Int
        var times: [Int] = []
    }

    /// Rows that are being added to all databases but the live one, in turn and evenly spread.
    private struct Pulse {
        var left: Int
        var total: Int
        var interval: Int
        let began = monotonicNanoseconds()

        /// How many are to be added by now.
        func due(at now: Int, databases: Int) -> Int {
            min(left, (now - began) * databases / interval - (total - left))
        }
    }

    let port: UInt16

    /// How often is looked for feeds that are due a heartbeat, in nanoseconds.
    private static let beatInterval = 100_000_000

    /// - Parameters:
    ///   - normalRows: What normal feeds give; rows that it lacks are rendered when they are asked for.
    ///   - pace: How many rows a second a normal feed gives; as many as it can if `nil`.
    ///   - timesPath: Where to write when each live row was sent.
    init(_ rendered: RenderedDatabases, normalRows: NormalRows, pace: Int?, timesPath: String?) throws {
        self.rendered = rendered
        self.normalRows = normalRows
        self.pace = pace
        self.timesPath = timesPath
        epoll = try call("epoll_create1") { epoll_create1(CInt(EPOLL_CLOEXEC)) }
        (listener, port) = try Self.listen()
        try watch(listener, EPOLLIN.rawValue)
        try watch(STDIN_FILENO, EPOLLIN.rawValue)
    }

    /// Serves until stdin ends.
    func run() throws {
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        while true {
            let count = try call("epoll_wait") { epoll_wait(epoll, &events, CInt(events.count), timeout()) }
            for event in events[..<Int(count)] {
                switch event.data.fd {
                case listener: try accept()
                case STDIN_FILENO: guard try readCommands() else { return }
                default:
                    guard let connection = connections[event.data.fd] else { continue }
                    if !serve(connection) { drop(connection) }
                }
            }
            try sendLiveRow()
            sendPacedRows()
            try sendPulse()
            beat()
        }
    }

    // MARK: Connections

    private static func listen() throws -> (CInt, UInt16) {
        let listener = try call("socket") { socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        try withUnsafeMutablePointer(to: &address) { address in
            try address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                try call("bind") { bind(listener, address, size) }
                try call("getsockname") { getsockname(listener, address, &size) }
            }
        }
        try call("listen") { Glibc.listen(listener, 4096) }
        herald_set_nonblocking(listener)
        return (listener, UInt16(bigEndian: address.sin_port))
    }

    private func watch(_ descriptor: CInt, _ events: UInt32) throws {
        var event = epoll_event(events: events, data: epoll_data(fd: descriptor))
        try call("epoll_ctl") { epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) }
    }

    private func accept() throws {
        while true {
            let descriptor = Glibc.accept(listener, nil, nil)
            if descriptor < 0 {
                if errno == EAGAIN || errno == EINTR || errno == ECONNABORTED { return }
                throw BenchError.system("accept")
            }
            herald_set_nonblocking(descriptor)
            var yes: CInt = 1
            setsockopt(descriptor, CInt(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<CInt>.size))
            connections[descriptor] = Connection(descriptor)
            // Told at each change alone, so that it need not be said anew what is waited for.
            try watch(descriptor, EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLET.rawValue)
        }
    }

    private func serve(_ connection: Connection) -> Bool {
        guard connection.receive() else { return false }
        while !connection.isBusy, let request = HTTPRequest.take(from: &connection.received) {
            answer(request, on: connection)
            guard send(on: connection) else { return false }
        }
        return send(on: connection)
    }

    private func send(on connection: Connection) -> Bool {
        rendered.wire.withUnsafeBytes { connection.send(from: $0, normalRows) }
    }

    private func drop(_ connection: Connection) {
        if let database = connection.feed?.database { readers[database]?.removeAll { $0 === connection } }
        connections[connection.descriptor] = nil
        close(connection.descriptor)
    }

    // MARK: Answers

    private func answer(_ request: HTTPRequest, on connection: Connection) {
        let parts = request.path.split(separator: "/").map(String.init)
        switch (request.method, parts.count) {
        case ("GET", 0): connection.enqueue(Answers.welcome)
        case ("GET", 1) where parts[0] == "_all_dbs": connection.enqueue(Answers.allDatabases(rendered.databases))
        case ("POST", 1) where parts[0] == "_dbs_info":
            // Every other piece between quotes is a name, but for the first, `keys`.
            let pieces = request.body.split(separator: "\"", omittingEmptySubsequences: false)
            let names = pieces.indices.filter { $0 % 2 == 1 }.dropFirst().map { String(pieces[$0]) }
            connection.enqueue(Answers.infos(names.map { ($0, database($0)) }))
        case ("GET", 1):
            connection.enqueue(database(parts[0]).map { Answers.info($0) } ?? Answers.missing)
        case ("GET", 2) where parts[1] == "_changes":
            guard let number = rendered.byName[parts[0]] else { return connection.enqueue(Answers.missing) }
            begin(request, number, on: connection)
        default: connection.enqueue(Answers.missing)
        }
    }

    private func database(_ name: String) -> RenderedDatabases.Database? {
        rendered.byName[name].map { rendered.databases[$0] }
    }

    /// From the last seq there is nothing to tell, from any other (0, in this benchmark) everything. With a heartbeat
    /// the feed stays open, without one it ends behind the rows at once.
    private func begin(_ request: HTTPRequest, _ number: Int, on connection: Connection) {
        let database = rendered.databases[number]
        guard let form = request.query["feed"], form != "normal" else {
            connection.enqueue(Answers.feedHead + NormalFeed.beginning)
            let start = RowWriter.number(request.query["since"])
            connection.normal = NormalFeed(request.query, behind: start, total: database.rowCount, pace: pace)
            return
        }
        let heartbeat = request.query["heartbeat"].flatMap { Int($0) }
        let isAtEnd = request.query["since"] == database.lastSeq
        connection.enqueue(Answers.feedHead)
        connection.feed = Connection.Feed(
            database: number,
            rows: isAtEnd ? database.wire.upperBound..<database.wire.upperBound : database.wire,
            end: heartbeat == nil ? Answers.feedEnd(lastSeq: database.lastSeq) : nil,
            heartbeat: (heartbeat ?? 0) * 1_000_000,
            nextHeartbeat: monotonicNanoseconds() + (heartbeat ?? 0) * 1_000_000
        )
        if heartbeat != nil { readers[number, default: []].append(connection) }
    }

    // MARK: Time

    private func timeout() -> CInt {
        if pulse != nil { return 1 }
        guard let stream else { return pace != nil && connections.values.contains { $0.normal != nil } ? 1 : 100 }
        // Up to a millisecond early: the rest is spent in polling, so that rows go out when they are due.
        return CInt(max((stream.next - monotonicNanoseconds()) / 1_000_000, 0))
    }

    private func beat() {
        let now = monotonicNanoseconds()
        guard now >= nextBeat else { return }
        nextBeat = now + Self.beatInterval
        for connection in connections.values where connection.isIdleFeed {
            guard let feed = connection.feed, feed.nextHeartbeat <= now else { continue }
            connection.feed?.nextHeartbeat = now + feed.heartbeat
            connection.enqueue(Answers.heartbeat)
            if !send(on: connection) { drop(connection) }
        }
    }

    private func sendPacedRows() {
        guard pace != nil else { return }
        for connection in connections.values where connection.normal != nil {
            if !send(on: connection) { drop(connection) }
        }
    }

    private func sendPulse() throws {
        guard var pulse else { return }
        let count = rendered.databases.count - 1
        for _ in 0..<max(pulse.due(at: monotonicNanoseconds(), databases: count), 0) {
            let database = (pulse.total - pulse.left) % count
            rendered.databases[database].rowCount += 1
            let row = writer.lone(rendered.databases[database].rowCount)
            for reader in readers[database] ?? [] where reader.isIdleFeed {
                reader.enqueue(row)
                if !send(on: reader) { drop(reader) }
            }
            pulse.left -= 1
        }
        self.pulse = pulse.left > 0 ? pulse : nil
        if pulse.left == 0 { try Files.writeAll("done\n", to: STDOUT_FILENO) }
    }

    private func sendLiveRow() throws {
        guard var stream, let live = rendered.byName[RenderedDatabases.live] else { return }
        let now = monotonicNanoseconds()
        guard now >= stream.next else { return }
        rendered.databases[live].rowCount += 1
        let row = writer.lone(rendered.databases[live].rowCount)
        var readers = connections.values.filter { $0.feed?.database == live && $0.isIdleFeed }
        // Whoever is served first hears it a little earlier: they take turns.
        readers.sort { $0.descriptor < $1.descriptor }
        if stream.left % 2 == 0 { readers.reverse() }
        stream.times.append(monotonicNanoseconds())
        for reader in readers {
            reader.enqueue(row)
            if !send(on: reader) { drop(reader) }
        }
        stream.left -= 1
        stream.next += stream.interval
        self.stream = stream.left > 0 ? stream : nil
        if stream.left == 0 {
            if let timesPath { try Files.write(stream.times.map { "\($0)\n" }.joined(), to: timesPath) }
            try Files.writeAll("done\n", to: STDOUT_FILENO)
        }
    }

    // MARK: Commands

    private func readCommands() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = try call("read") { read(STDIN_FILENO, &buffer, buffer.count) }
        guard count > 0 else { return false }
        commands.append(contentsOf: buffer[..<count])
        while let end = commands.firstIndex(of: 0x0A) {
            let words = String(decoding: commands[..<end], as: UTF8.self).split(separator: " ")
            commands.removeFirst(end + 1)
            if words == ["feeds"] {
                try Files.writeAll("\(connections.values.count { $0.isIdleFeed })\n", to: STDOUT_FILENO)
            } else if words.count == 3, words[0] == "go", let rows = Int(words[1]), let interval = Int(words[2]) {
                stream = LiveStream(left: rows, interval: interval * 1_000_000, next: monotonicNanoseconds())
            } else if words.count == 3, words[0] == "pulse", let rows = Int(words[1]), let interval = Int(words[2]) {
                let total = rows * (rendered.databases.count - 1)
                pulse = Pulse(left: total, total: total, interval: interval * 1_000_000)
            } else {
                throw BenchError("the generator does not know what \(words) means")
            }
        }
        return true
    }
}
