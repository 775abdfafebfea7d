public import Curl

/// Where the server is and how to be let in.
public struct ServerAddress: Sendable {
    /// http or https, without credentials and without a slash at its end.
    public var url: String
    /// A PEM file with the authorities to trust for https instead of the system's.
    public var caFile: String?
    /// Asked before each request, on the loop's thread, since tokens in files are renewed by others. What it throws is
    /// logged, and the request counts as refused.
    public var authorization: @Sendable () throws -> Request.Authorization

    public init(
        url: String,
        caFile: String? = nil,
        authorization: @escaping @Sendable () throws -> Request.Authorization = { .none }
    ) {
        self.url = url
        self.caFile = caFile
        self.authorization = authorization
    }

    /// A request for `path`, which begins with a slash and is percent-encoded.
    func request(_ path: String) throws -> Request {
        var request = Request(url: url + path)
        request.caFile = caFile
        request.authorization = try authorization()
        return request
    }

    /// The path of a database: its name as one component, whatever is in it.
    static func path(ofDatabase name: String) -> String {
        "/" + PercentEncoding.encode(name.utf8)
    }
}
