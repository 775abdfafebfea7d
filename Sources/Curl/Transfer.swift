import CCurl

/// What a transfer tells of its answer, on the loop's thread. The calls come
/// from inside libcurl; starting, cancelling and resuming transfers from within
/// them is safe.
@CurlLoop
public protocol TransferDelegate: AnyObject {
    /// The head has come; the body, if any, follows.
    func transfer(_ transfer: Transfer, answered head: ResponseHead)
    /// Some of the body. The bytes are libcurl's and gone after the return.
    func transfer(_ transfer: Transfer, received bytes: UnsafeRawBufferPointer) -> Reception
    /// The last call. Does not come after ``Transfer/cancel()``.
    func transfer(_ transfer: Transfer, ended end: TransferEnd)
}

/// What became of bytes that were received.
public enum Reception: Sendable {
    case taken
    /// None of them was taken: they come again, all of them, after ``Transfer/resume()``.
    case notNow
    /// The rest of the answer is not wanted; the connection is closed.
    case enough
}

/// One HTTP conversation through libcurl.
@CurlLoop
public final class Transfer {
    public let request: Request
    private weak var delegate: (any TransferDelegate)?
    private var easy: UnsafeMutableRawPointer?
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var errorText: UnsafeMutablePointer<CChar>?
    private var head = ResponseHead(status: 0)
    private var hasAnswered = false
    private var isAbandoned = false

    /// The delegate is not kept alive; a transfer that runs is, by the loop.
    public init(_ request: Request, delegate: any TransferDelegate) {
        self.request = request
        self.delegate = delegate
    }

    /// Connects, or takes a connection that is left open, and asks. Once only.
    public func start() {
        LoopCore.current.multi.whenSettled { [self] in
            guard delegate != nil else { return }
            if let failure = request.socketFailure {
                end(.failed(failure))
            } else if let easy = prepare() {
                LoopCore.current.multi.add(self, easy)
            } else {
                libcurlIsDone(CURLE_OUT_OF_MEMORY)
            }
        }
    }

    /// Ends the conversation without another call to the delegate.
    public func cancel() {
        delegate = nil
        LoopCore.current.multi.whenSettled { [self] in
            guard let easy else { return }
            LoopCore.current.multi.remove(easy)
            release()
        }
    }

    /// Lets bytes that were refused with ``Reception/notNow`` come again.
    public func resume() {
        LoopCore.current.multi.whenSettled { [self] in
            guard let easy else { return }
            // May call back at once, so nothing of this object is held on to across it. Where what comes again is not
            // wanted, libcurl says so here and nowhere else.
            let code = curl_easy_pause(easy, CURLPAUSE_CONT)
            guard code != CURLE_OK else { return }
            LoopCore.current.multi.remove(easy)
            libcurlIsDone(code)
        }
    }

    // MARK: libcurl's side

    private func prepare() -> UnsafeMutableRawPointer? {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.pointee = 0
        self.errorText = errorText

        let me = Unmanaged.passUnretained(self).toOpaque()
        herald_curl_set_string(easy, CURLOPT_URL, request.url)
        herald_curl_set_string(easy, CURLOPT_USERAGENT, "herald")
        herald_curl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        // Signals are the service's own.
        herald_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
        herald_curl_set_long(easy, CURLOPT_TCP_KEEPALIVE, 1)
        herald_curl_set_long(easy, CURLOPT_BUFFERSIZE, request.bufferSize)
        herald_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, Request.connectTimeout.milliseconds)
        herald_curl_set_long(easy, CURLOPT_FRESH_CONNECT, request.wantsNewConnection ? 1 : 0)
        herald_curl_set_long(easy, CURLOPT_TIMEOUT_MS, request.timeout?.milliseconds ?? 0)
        herald_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText)
        herald_curl_set_data_callback(easy, CURLOPT_WRITEFUNCTION, bodyCallback)
        herald_curl_set_pointer(easy, CURLOPT_WRITEDATA, me)
        herald_curl_set_data_callback(easy, CURLOPT_HEADERFUNCTION, headerCallback)
        herald_curl_set_pointer(easy, CURLOPT_HEADERDATA, me)
        if let socket = request.unixSocket {
            herald_curl_set_string(easy, CURLOPT_UNIX_SOCKET_PATH, socket)
            // Not even where the environment names one.
            herald_curl_set_string(easy, CURLOPT_PROXY, "")
        }
        if let caFile = request.caFile { herald_curl_set_string(easy, CURLOPT_CAINFO, caFile) }

        // With `Accept: text/html` a CouchDB redirects to a login page instead of answering 401.
        var headers = ["Accept: application/json", "Expect:"]
        switch request.authorization {
        case .none: break
        case .basic(let user, let password):
            herald_curl_set_long(easy, CURLOPT_HTTPAUTH, basicAuthentication)
            herald_curl_set_string(easy, CURLOPT_USERNAME, user)
            herald_curl_set_string(easy, CURLOPT_PASSWORD, password)
        case .bearer(let token): headers.append("Authorization: Bearer \(token)")
        }
        if let body = request.body {
            headers.append("Content-Type: application/json")
            herald_curl_set_long(easy, CURLOPT_POSTFIELDSIZE, body.count)
            // Copied by libcurl.
            body.withUnsafeBufferPointer {
                _ = herald_curl_set_pointer(
                    easy,
                    CURLOPT_COPYPOSTFIELDS,
                    UnsafeMutableRawPointer(mutating: UnsafeRawPointer($0.baseAddress))
                )
            }
        }
        if let method = request.method { herald_curl_set_string(easy, CURLOPT_CUSTOMREQUEST, method) }
        for header in headers { headerList = curl_slist_append(headerList, header) }
        herald_curl_set_list(easy, CURLOPT_HTTPHEADER, headerList)
        return easy
    }

    fileprivate func receivedHeader(_ line: UnsafeRawBufferPointer) {
        guard !hasAnswered else { return }  // a trailer
        if line.starts(with: "HTTP/".utf8) {
            head = ResponseHead(status: 0)
        } else if line.first == UInt8(ascii: "\r") || line.first == UInt8(ascii: "\n") {
            var status = 0
            herald_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
            guard status >= 200 else { return }  // an interim answer
            head.status = status
            hasAnswered = true
            delegate?.transfer(self, answered: head)
        } else {
            head.read(line: line)
        }
    }

    fileprivate func receivedBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard let delegate, !isAbandoned else { return 0 }
        switch delegate.transfer(self, received: bytes) {
        case .taken: return bytes.count
        case .notNow: return Int(CURL_WRITEFUNC_PAUSE)
        case .enough:
            isAbandoned = true
            return 0
        }
    }

    func libcurlIsDone(_ result: CURLcode) {
        let text = errorText.map { String(cString: $0) } ?? ""
        release()
        end(result == CURLE_OK && hasAnswered ? .complete : .failed(TransferFailure(code: result, message: text)))
    }

    private func end(_ end: TransferEnd) {
        let delegate = delegate
        self.delegate = nil
        delegate?.transfer(self, ended: end)
    }

    private func release() {
        if let easy { curl_easy_cleanup(easy) }
        easy = nil
        curl_slist_free_all(headerList)
        headerList = nil
        errorText?.deallocate()
        errorText = nil
    }
}

/// `CURLAUTH_BASIC` is a cast macro, which Swift does not import.
private let basicAuthentication = 1

private func headerCallback(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _: Int,
    count: Int,
    transfer: UnsafeMutableRawPointer?
) -> Int {
    hand(bytes, count, to: transfer) { transfer, line in
        transfer.receivedHeader(line)
        return line.count
    }
}

private func bodyCallback(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _: Int,
    count: Int,
    transfer: UnsafeMutableRawPointer?
) -> Int {
    hand(bytes, count, to: transfer) { transfer, body in transfer.receivedBody(body) }
}

private func hand(
    _ bytes: UnsafeMutablePointer<CChar>?,
    _ count: Int,
    to transfer: UnsafeMutableRawPointer?,
    _ receive: @CurlLoop (Transfer, UnsafeRawBufferPointer) -> Int
) -> Int {
    guard let transfer else { return 0 }
    // Safe, because libcurl calls on the loop's thread, where the transfer lives and is kept alive by the loop, and lends
    // the bytes until the return: nothing crosses to another thread.
    nonisolated(unsafe) let (owner, piece) = (transfer, UnsafeRawBufferPointer(start: bytes, count: count))
    return CurlLoop.assumeIsolated {
        receive(Unmanaged<Transfer>.fromOpaque(owner).takeUnretainedValue(), piece)
    }
}

extension Request {
    /// Why there can be no such socket. libcurl would call it a host that is not known.
    fileprivate var socketFailure: TransferFailure? {
        guard let unixSocket, unixSocket.utf8.count > Self.longestSocketPath else { return nil }
        return TransferFailure(
            kind: .other,
            message: """
                the path of the socket has \(unixSocket.utf8.count) bytes, and the system takes \(Self.longestSocketPath) \
                at the most: \(unixSocket)
                """
        )
    }
}

extension Duration {
    /// Whole milliseconds, rounded up, so that a short time is not none.
    fileprivate var milliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(seconds) * 1000 + Int((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
