import Curl

/// What happens in the demonstration: some requests as a person would make them, each with the notices that it leads to.
struct Story: Sendable {
    let url: String
    /// The notifiers' part of the configuration, as it would stand in a file.
    let configuration: String
    let board: NoticeBoard

    private struct Step {
        var title: String
        var method: String
        var path: String
        var body: String?
        /// How many notices it leads to, over all notifiers.
        var notices: Int
    }

    private static let steps = [
        Step(title: "A database is created", method: "PUT", path: "/orders", notices: 1),
        Step(title: "A document is written", method: "PUT", path: "/orders/1001", body: #"{"item":"tea"}"#, notices: 2),
        Step(
            title: "A design document is written",
            method: "PUT",
            path: "/orders/_design/totals",
            body: #"{"views":{}}"#,
            notices: 4
        ),
        Step(
            title: "Three documents are written at once",
            method: "POST",
            path: "/orders/_bulk_docs",
            body: #"{"docs":[{"_id":"1002"},{"_id":"1003"},{"_id":"1004"}]}"#,
            notices: 6
        ),
        Step(title: "The database is deleted", method: "DELETE", path: "/orders", notices: 1),
    ]

    func tell() async throws {
        print("An embedded CouchDB listens on \(url). Herald watches it for three notifiers:\n")
        for line in configuration.split(separator: "\n") { print("    \(line)") }
        for step in Self.steps {
            let before = board.shown
            print("\n\(step.title):\n  $ \(curl(step))")
            try await perform(step)
            try await board.wait(for: before + step.notices)
            // For the reader's sake.
            try await Task.sleep(for: .milliseconds(300))
        }
        print(
            """

            Now you, in another terminal; Ctrl-C here ends it:
              curl -X PUT \(url)/mine
              curl -X PUT \(url)/mine/first -d '{"hello":"world"}'
              curl -X POST \(url)/mine -H 'Content-Type: application/json' -d '{}'
              curl '\(url)/mine/_changes'
              curl -X DELETE \(url)/mine

            """
        )
    }

    private func perform(_ step: Step) async throws {
        var request = Request(url: url + step.path)
        request.method = step.method
        request.body = step.body.map { Array($0.utf8) }
        request.timeout = .seconds(10)
        _ = try await HTTPClient.send(request)
    }

    private func curl(_ step: Step) -> String {
        let method = step.method == "POST" ? "" : "-X \(step.method) "
        let type = step.method == "POST" ? " -H 'Content-Type: application/json'" : ""
        let data = step.body.map { " -d '\($0)'" } ?? ""
        return "curl \(method)\(url)\(step.path)\(type)\(data)"
    }

    private func print(_ text: String) {
        StandardStream.output.print(text)
    }
}
