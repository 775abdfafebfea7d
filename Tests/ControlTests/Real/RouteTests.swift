import Control
import Status
import TestSupport
import Testing

@Suite("What the control interface answers")
struct RouteTests {
    @Test("Who is well says ok; whoever is not says why, with 503")
    func up() async throws {
        try await withStage { stage in
            let client = try await stage.tcp()
            var answer = try await client.ask("GET", "/_up")
            #expect(answer.status == 200)
            #expect(answer.body == #"{"status":"ok"}"# + "\n")
            #expect(answer.fields["content-type"] == "application/json")
            #expect(answer.fields["cache-control"] == "no-store")
            stage.service.setReport {
                $0.server.state = .unreachable
                $0.notifiers["n"]?.deadLetters = 1
            }
            answer = try await client.ask("GET", "/_up?x=y")
            #expect(answer.status == 503)
            #expect(answer.body == #"{"reasons":["server: cannot be reached"],"status":"down"}"# + "\n")
        }
    }

    @Test("The status comes whole, and HEAD tells its length without it")
    func status() async throws {
        try await withStage { stage in
            let client = try await stage.tcp()
            let answer = try await client.ask("GET", "/_status")
            #expect(try StatusCoding.decode(StatusReport.self, from: Array(answer.body.utf8)) == .healthy)
            #expect(answer.body.hasSuffix("\n"))
            let head = try await client.ask("HEAD", "/_status")
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            #expect(head.fields["content-length"] == "\(answer.body.utf8.count)")
        }
    }

    @Test("The metrics come in Prometheus' format")
    func metrics() async throws {
        try await withStage { stage in
            let answer = try await stage.tcp().ask("GET", "/_metrics")
            #expect(answer.status == 200)
            #expect(answer.fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(answer.body.hasPrefix("# HELP herald_up "))
        }
    }

    @Test("Actions reach the service, over the socket without a token and over TCP with it")
    func actions() async throws {
        try await withStage { stage in
            let tcp = try await stage.tcp()
            let socket = try stage.socket()
            for (client, fields) in [(socket, []), (tcp, [try stage.authorization])] {
                let reload = try await client.ask("POST", "/_reload", fields)
                #expect(reload.status == 200)
                #expect(
                    reload.body == #"{"changes":["notifier a: started"],"warnings":["a.ini:1: b; c"]}"# + "\n"
                )
                let start = try await client.ask("POST", "/_start/a%2Fb", fields)
                #expect(start.status == 200)
                #expect(start.body == #"{"ok":true}"# + "\n")
                _ = try await client.ask("POST", "/_stop/daemon:x", fields)
                _ = try await client.ask("POST", "/_restart/notifier%3Ay", fields)
                let body = #"{"name":"n","database":"d","to":"0"}"#
                let rewind = try await client.ask("POST", "/_rewind", fields, body: body)
                #expect(rewind.body == #"{"databases":{"a":2}}"# + "\n")
                _ = try await client.ask("POST", "/_rewind", fields, body: #"{"to":"now"}"#)
            }
            let once = [
                "reload", "start any a/b", "stop daemon x", "restart notifier y", "rewind n d 0", "rewind all all now",
            ]
            #expect(stage.service.done == once + once)
        }
    }

    @Test("What the service refuses is told as CouchDB would tell it")
    func refusals() async throws {
        try await withStage { stage in
            let client = try stage.socket()
            stage.service.fail(with: .unknown("no such notifier"))
            var answer = try await client.ask("POST", "/_start/x")
            #expect(answer.status == 404)
            #expect(answer.body == #"{"error":"not_found","reason":"no such notifier"}"# + "\n")
            stage.service.fail(with: .refused("it runs"))
            answer = try await client.ask("POST", "/_rewind", body: #"{"to":"0"}"#)
            #expect(answer.status == 409)
            #expect(answer.body == #"{"error":"conflict","reason":"it runs"}"# + "\n")
            stage.service.fail(with: .faults(["a.ini:1: b; c"]))
            answer = try await client.ask("POST", "/_reload")
            #expect(answer.status == 422)
            #expect(answer.body.hasPrefix(#"{"error":"faults","faults":["a.ini:1: b; c"],"reason":""#))
        }
    }

    @Test(
        "What is not there, not allowed or not understood is said",
        arguments: [
            ("GET", "/", "", 404, "not_found"), ("POST", "/_start/", "", 404, "not_found"),
            ("GET", "/_status/db", "", 404, "not_found"), ("POST", "/_up", "", 405, "method_not_allowed"),
            ("GET", "/_reload", "", 405, "method_not_allowed"), ("PUT", "/_stop/x", "", 405, "method_not_allowed"),
            ("POST", "/_stop/%zz", "", 400, "bad_request"), ("POST", "/_rewind", "", 400, "bad_request"),
            ("POST", "/_rewind", "{", 400, "bad_request"), ("POST", "/_rewind", #"{"to":1}"#, 400, "bad_request"),
        ]
    )
    func strange(method: String, path: String, body: String, status: Int, error: String) async throws {
        try await withStage(listen: nil) { stage in
            let client = try stage.socket()
            let answer = try await client.ask(method, path, body: body)
            #expect(answer.status == status)
            #expect(answer.body.hasPrefix(#"{"error":"\#(error)","reason":""#))
            #expect(answer.body.hasSuffix("\"}\n"))
            #expect(answer.fields["cache-control"] == "no-store")
            if status == 405 { #expect(answer.fields["allow"] == (path == "/_up" ? "GET, HEAD" : "POST")) }
            #expect(stage.service.done.isEmpty)
            // The connection goes on.
            #expect(try await client.ask("GET", "/_up").status == 200)
        }
    }

    @Test("A body that is too large is refused, whether it says so before or not")
    func tooLarge() async throws {
        try await withStage { stage in
            let client = try stage.socket()
            let large = String(repeating: "x", count: 70_000)
            #expect(try await client.ask("POST", "/_rewind", body: large).status == 413)
            #expect(try await client.ask("GET", "/_up").status == 200)
            let chunked = try stage.socket()
            chunked.send("POST /_rewind HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
            chunked.send("\(String(large.utf8.count, radix: 16))\r\n\(large)\r\n0\r\n\r\n")
            #expect(try await chunked.answer().status == 413)
        }
    }
}
