import Logging
import NIOConcurrencyHelpers
import Testing

@testable import Processes

@Suite("What a daemon is answered")
struct StdioAPITests {
    private struct Sections: DaemonConfiguration {
        var sections: [String: [(key: String, value: String?)]]

        func section(_ name: String) -> [(key: String, value: String?)] { sections[name] ?? [] }
        func value(_ section: String, _ key: String) -> String? {
            sections[section]?.first { $0.key == key }?.value
        }
    }

    private let log = LogCapture()
    private let api: StdioAPI
    private let failures = NIOLockedValueBox<[String]>([])

    init() {
        let sections = Sections(sections: [
            "s": [("z", "1"), ("a", #"/x "quoted" \ tab\#t é"#), ("password", nil)]
        ])
        api = StdioAPI(daemon: "d", configuration: { sections }, logger: log.logger)
        api.onFailure { [failures] why in failures.withLockedValue { $0.append(why) } }
    }

    private func hear(_ lines: String...) {
        for line in lines { api.standardOutput(ChildLine(bytes: Array(line.utf8))) }
    }

    private func answers(to lines: String...) async -> String {
        for line in lines { api.standardOutput(ChildLine(bytes: Array(line.utf8))) }
        // Something is there whatever was asked.
        api.standardOutput(ChildLine(bytes: Array(#"["get","s","z"]"#.utf8)))
        let bytes = await api.input.next() ?? []
        api.input.wrote(bytes.count)
        return String(decoding: bytes.dropLast(4), as: UTF8.self)
    }

    @Test("A section as CouchDB wrote it: compact, in the file's order, with what may not be seen as null")
    func section() async {
        let line = #"{"z":"1","a":"/x \"quoted\" \\ tab\t é","password":null}"# + "\n"
        #expect(await answers(to: #"["get","s"]"#) == line)
        #expect(await answers(to: #"["get","none"]"#, #"["get",1]"#) == "{}\n{}\n")
    }

    @Test("A value; unknown ones, and those that may not be seen, are null")
    func value() async {
        #expect(
            await answers(to: #"["get","s","z"]"#, #"["get","s","b"]"#, #"["get","s","password"]"#, #"["get","s",1]"#)
                == "\"1\"\nnull\nnull\nnull\n"
        )
    }

    @Test("Nothing but get is answered, and requests are answered in order")
    func order() async {
        let answered = await answers(
            to: #"["register","s"]"#,
            #"["get","s","z"]"#,
            #"["log","x"]"#,
            "garbage",
            #"["get","none"]"#
        )
        #expect(answered == "\"1\"\n{}\n")
    }

    @Test("Registrations are kept in order, once each, until it is another program")
    func registrations() {
        api.input.restart()
        hear(#"["register","s"]"#, #"["register","t","k"]"#, #"["register","s"]"#, #"["register",1]"#)
        api.ended()
        #expect(api.registrations.map(\.description) == ["s", "t/k"])
        #expect(log.entries.map(\.level) == [.error])
        api.forgetRegistrations(ofLives: 1)
        #expect(api.registrations.isEmpty)
        api.input.restart()
        hear(#"["register","t","k"]"#)
        #expect(api.registrations.map(\.description) == ["t/k"])
    }

    @Test("What the old program registers for until it has ended is not the new one's, which asks for itself")
    func oldProgram() {
        api.input.restart()
        hear(#"["register","s"]"#)
        api.forgetRegistrations(ofLives: 1)
        // It takes its time to end, or has left this in its pipe.
        hear(#"["register","s"]"#, #"["register","t"]"#)
        api.ended()
        #expect(api.registrations.isEmpty)
        api.input.restart()
        hear(#"["register","t"]"#)
        api.ended()
        api.input.restart()
        #expect(api.registrations.map(\.description) == ["t"], "it outlives the first life of the new one")
        // One that is on its way, but was not told of yet.
        api.forgetRegistrations(ofLives: 4)
        api.input.restart()
        hear(#"["register","s"]"#)
        #expect(api.registrations.isEmpty)
        api.ended()
        api.input.restart()
        hear(#"["register","u"]"#)
        #expect(api.registrations.map(\.description) == ["u"])
    }

    @Test("A daemon has 1,000 registrations; one more is an error in the log that says what to do, and nothing else")
    func manyRegistrations() {
        api.input.restart()
        for number in 0...1000 { hear(#"["register","s","k\#(number)"]"#) }
        #expect(api.registrations == (0..<1000).map { DaemonRegistration(section: "s", key: "k\($0)") })
        #expect(log.entries.map(\.level) == [.error])
        #expect(log.contains("daemon d has registered for more than 1000 sections and keys; those beyond are without"))
        hear(#"["register","s","k7"]"#)
        #expect(log.entries.count == 1, "what it has asked for before is no more than there was")
        api.forgetRegistrations(ofLives: 1)
        api.input.restart()
        hear(#"["register","s"]"#)
        #expect(api.registrations.map(\.description) == ["s"])
    }

    @Test("The names of a section and its key have 1 kB together; longer ones are an error in the log and no more")
    func longRegistrations() {
        func name(_ count: Int) -> String { String(repeating: "x", count: count) }
        api.input.restart()
        hear(#"["register","\#(name(1000))"]"#, #"["register","\#(name(600))","\#(name(400))"]"#)
        #expect(log.entries.isEmpty)
        hear(#"["register","\#(name(1001))"]"#, #"["register","\#(name(600))","\#(name(401))"]"#)
        let accents = String(repeating: "é", count: 501)
        hear(#"["register","\#(accents)"]"#)
        #expect(api.registrations.map { $0.section.count } == [1000, 600])
        #expect(log.entries.map(\.level) == [.error, .error, .error])
        #expect(api.lastError?.text.hasPrefix("has registered for names of 1002 bytes, without effect") ?? false)
    }

    @Test("A message is one line of the log at its level; a level that is not known is an error besides")
    func messages() {
        for line in [
            #"["log","one\ntwo"]"#, #"["log","x",{"level":"debug"}]"#, #"["log",{"a":1},{"level":"error"}]"#,
            #"["log","y",{"level":"warn"}]"#,
        ] {
            api.standardOutput(ChildLine(bytes: Array(line.utf8)))
        }
        #expect(log.messages.map { $0.contains("not known") } == [false, false, false, true, false])
        #expect(log.messages.filter { !$0.contains("not known") } == [#"one\u000Atwo"#, "x", #"{"a":1}"#, "y"])
        #expect(log.entries.map(\.level) == [.info, .debug, .error, .error, .info])
    }

    @Test("A level that is not known is an error in the log however long it is, and its beginning alone is kept")
    func longLevel() {
        // Each of these has six bytes in the log.
        let level = String(repeating: #"\u0001"#, count: 100_000)
        hear(#"["log","x",{"level":"\#(level)"}]"#)
        #expect(log.entries.map(\.level) == [.error, .info])
        #expect(log.messages.first?.contains(#"not known: \u0001\u0001"#) ?? false)
        #expect(log.messages.first?.hasSuffix("...; levels are debug, info and error") ?? false)
        #expect(log.messages.allSatisfy { $0.utf8.count < 2000 })
        #expect((api.lastError?.text.utf8.count ?? .max) < 2000)
    }

    @Test("Messages at a level that is not shown cost the others nothing")
    func hiddenMessages() {
        var logger = log.logger
        logger.logLevel = .info
        let api = StdioAPI(daemon: "d", configuration: { Sections(sections: [:]) }, logger: logger)
        let hidden = ChildLine(bytes: Array(#"["log","x",{"level":"debug"}]"#.utf8))
        for _ in 0..<5000 { api.standardOutput(hidden) }
        api.standardOutput(ChildLine(bytes: Array(#"["log","shown"]"#.utf8)))
        api.ended()
        #expect(log.messages == ["shown"])
    }

    @Test("What is no request is an error in the log, and the next line is read as if nothing were")
    func faults() async {
        api.standardOutput(ChildLine(bytes: Array("[".utf8), cut: true))
        #expect(await answers(to: "", "nonsense", "[1]", #"["get","s","z"]"#) == "\"1\"\n")
        #expect(log.entries.map(\.level) == [.error, .error, .error, .error])
        #expect(log.messages[0] == "daemon d has written a line to stdout that is longer than 1 bytes")
        #expect(api.lastError?.text.contains("not known: [1]") ?? false)
    }

    @Test("One that asks and does not read is ended as failed, once a life, when 1 MB waits for it")
    func deaf() async {
        let ask = ChildLine(bytes: Array(#"["get","s"]"#.utf8))
        for _ in 0..<50_000 { api.standardOutput(ask) }
        #expect(failures.withLockedValue { $0 } == ["it has asked and does not read: 1 MB of answers wait for it"])
        let waiting = await api.input.next() ?? []
        #expect(waiting.count <= 1_000_000 && waiting.last == UInt8(ascii: "\n"))
        api.ended()
        api.input.restart()
        #expect(await answers(to: #"["get","s","z"]"#) == "\"1\"\n", "the next one reads what it has asked itself")
        for _ in 0..<50_000 { api.standardOutput(ask) }
        #expect(failures.withLockedValue { $0.count } == 2)
    }

    @Test("Once it is to be ended for that, what it asks costs nothing: all children's output waits meanwhile")
    func cheapWhenDeaf() async {
        let asked = NIOLockedValueBox(0)
        let sections = Sections(sections: ["s": [("k", String(repeating: "x", count: 400_000))]])
        let api = StdioAPI(
            daemon: "d",
            configuration: {
                asked.withLockedValue { $0 += 1 }
                return sections
            },
            logger: log.logger
        )
        api.onFailure { _ in }
        for _ in 0..<1000 { api.standardOutput(ChildLine(bytes: Array(#"["get","s"]"#.utf8))) }
        for _ in 0..<1000 { api.standardOutput(ChildLine(bytes: Array(#"["get","s","k"]"#.utf8))) }
        #expect(asked.withLockedValue { $0 } == 3)
    }

    @Test("One answer alone may be longer than that: whoever reads gets it")
    func longAnswer() async {
        let value = String(repeating: "x", count: 1_500_000)
        let sections = Sections(sections: ["s": [("k", value)]])
        let api = StdioAPI(daemon: "d", configuration: { sections }, logger: log.logger)
        api.onFailure { [failures] why in failures.withLockedValue { $0.append(why) } }
        for _ in 0..<2 {
            api.standardOutput(ChildLine(bytes: Array(#"["get","s","k"]"#.utf8)))
            let bytes = await api.input.next() ?? []
            api.input.wrote(bytes.count)
            #expect(bytes.count == value.utf8.count + 3)
        }
        #expect(failures.withLockedValue { $0.isEmpty })
        for _ in 0..<2 { api.standardOutput(ChildLine(bytes: Array(#"["get","s","k"]"#.utf8))) }
        #expect(failures.withLockedValue { $0.count } == 1)
    }

    @Test("An answer that was written in part goes on where it was")
    func parts() async {
        api.standardOutput(ChildLine(bytes: Array(#"["get","s","z"]"#.utf8)))
        _ = await api.input.next()
        api.input.wrote(1)
        api.standardOutput(ChildLine(bytes: Array(#"["get","none"]"#.utf8)))
        let rest = await api.input.next() ?? []
        api.input.wrote(rest.count)
        let next = await api.input.next() ?? []
        #expect(String(decoding: rest + next, as: UTF8.self) == "1\"\n{}\n")
    }
}
