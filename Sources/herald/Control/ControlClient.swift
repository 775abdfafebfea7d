import Control
import Curl
import Glibc
import Status

/// The running service as commands reach it: by HTTP, on the socket in its `state_dir`.
struct ControlClient: Sendable {
    /// The path of the socket.
    let socket: String

    /// The name of the socket in the `state_dir`.
    static let socketName = "control.sock"
    /// For how long an answer to a question may take. The service answers at once, whatever state its parts are in.
    static let patience = Duration.seconds(5)
    /// For how long what is to be done may take: a rewind waits for the disk, a reload for many processes.
    static let patienceWithActs = Duration.seconds(30)

    private static let startHint =
        "start it with 'herald run', or name the state_dir of the one that runs with --state-dir FOLDER"
    private static let rightsHint = "run this as the user that runs herald, or as root"

    /// The service whose `state_dir` is `folder`.
    init(folder: String) {
        socket = folder.hasSuffix("/") ? folder + Self.socketName : "\(folder)/\(Self.socketName)"
    }

    /// The JSON of how things are.
    func status() async throws(ControlFailure) -> [UInt8] {
        try await ask("GET", "/_status")
    }

    /// What ``status()`` gave, read.
    static func report(from json: [UInt8]) throws(ControlFailure) -> StatusReport {
        try read(json, "/_status")
    }

    /// Has the configuration read anew.
    func reload() async throws(ControlFailure) -> ReloadAnswer {
        try Self.read(try await ask("POST", "/_reload"), "/_reload")
    }

    /// Starts, stops or restarts what a person calls `name`.
    func perform(_ action: ChildAction, on name: String) async throws(ControlFailure) {
        _ = try await ask("POST", "/_\(action.rawValue)/\(Self.escaped(name))")
    }

    /// Puts cursors elsewhere.
    func rewind(_ request: RewindRequest) async throws(ControlFailure) -> RewindAnswer {
        guard let body = try? StatusCoding.encode(request) else { throw .strange("the request cannot be written") }
        return try Self.read(try await ask("POST", "/_rewind", body: body), "/_rewind")
    }

    // MARK: One conversation

    private func ask(
        _ method: String,
        _ path: String,
        body: [UInt8]? = nil
    ) async throws(ControlFailure) -> [UInt8] {
        try look()
        let isQuestion = method == "GET"
        // The host is of no importance on a socket; the service takes this one for its own.
        var request = Request(url: "http://localhost\(path)")
        request.unixSocket = socket
        request.method = method
        request.body = isQuestion ? nil : body ?? Array("{}".utf8)
        request.timeout = isQuestion ? Self.patience : Self.patienceWithActs
        let response: Response
        do throws(TransferFailure) {
            response = try await HTTPClient.send(request)
        } catch {
            throw failure(error, isQuestion: isQuestion)
        }
        guard response.head.status == 200 else { throw Self.failure(response, at: socket) }
        return response.body
    }

    /// Whether there is a socket that this user may use: libcurl tells no refusals apart.
    private func look() throws(ControlFailure) {
        // What is too long is told with its length.
        guard socket.utf8.count <= Request.longestSocketPath, access(socket, R_OK | W_OK) != 0 else { return }
        switch errno {
        case ENOENT, ENOTDIR:
            throw .absent("no herald runs here: there is no \(socket)", hint: Self.startHint)
        case EACCES, EPERM:
            throw .absent("\(socket): \(String(cString: strerror(errno)))", hint: Self.rightsHint)
        case let number:
            throw .absent("\(socket): \(String(cString: strerror(number)))", hint: Self.startHint)
        }
    }

    private func failure(_ failure: TransferFailure, isQuestion: Bool) -> ControlFailure {
        switch failure.kind {
        case .refused:
            .absent("no herald runs here: nobody listens at \(socket) any more", hint: Self.startHint)
        case .timedOut where isQuestion:
            .silent(
                "herald does not answer within \(Self.patience.components.seconds) s at \(socket)",
                hint: "its log may tell why; if it hangs, start it anew"
            )
        case .timedOut:
            .silent(
                "herald has not answered within \(Self.patienceWithActs.components.seconds) s at \(socket)",
                hint: "it may still do it: 'herald status' and its log tell"
            )
        case .cut:
            .silent(
                "herald went away while it was asked at \(socket)",
                hint: "'herald status' and its log tell whether it runs"
            )
        case .other where socket.utf8.count > Request.longestSocketPath:
            .absent(failure.message, hint: "set a shorter state_dir in [herald], and start herald anew")
        default:
            .silent("\(socket): \(failure.message)", hint: "see whether it is herald's, and whether herald runs")
        }
    }

    private struct Refusal: Decodable {
        var error: String
        var reason: String
        var faults: [String]?
    }

    private static func failure(_ response: Response, at socket: String) -> ControlFailure {
        guard let refusal = try? StatusCoding.decode(Refusal.self, from: response.body) else {
            return .strange("what answers at \(socket) says HTTP \(response.head.status)")
        }
        if let faults = refusal.faults, !faults.isEmpty { return .faults(faults) }
        return .refused(refusal.reason)
    }

    private static func read<Value: Decodable>(_ json: [UInt8], _ path: String) throws(ControlFailure) -> Value {
        do {
            return try StatusCoding.decode(Value.self, from: json)
        } catch {
            throw .strange("herald's answer to \(path) cannot be understood")
        }
    }

    /// `name` as one segment of a path: all but the unreserved characters of RFC 3986 as percent escapes.
    static func escaped(_ name: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var escaped: [UInt8] = []
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): escaped.append(byte)
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"):
                escaped.append(byte)
            // A dot is unreserved too, but `.` and `..` are no names in a path.
            default: escaped += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: escaped, as: UTF8.self)
    }
}
