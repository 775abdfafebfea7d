import Testing

@testable import Settings

@Suite("Faults")
struct FaultTests {
    @Test(
        "each is told with its line, what is wrong and what to do",
        arguments: [
            (
                "[source]\nurl = ftp://h",
                "2: url: the url begins neither with http:// nor with https://; write it as in http://127.0.0.1:5984"
            ),
            (
                "[source]\nheartbeat = 10",
                "2: heartbeat: '10' has no unit; write ms, s, m, h or d behind the number, as in heartbeat = 10s"
            ),
            ("[source]\nheartbeat = 2h", "2: heartbeat: '2h' is out of range; choose a duration of 100ms to 1h"),
            (
                "[source]\nrescan = fast",
                "2: rescan: 'fast' is no duration; write a number and ms, s, m, h or d, as in rescan = 5s"
            ),
            ("[source]\nsince = yesterday", "2: since: 'yesterday' is not known; choose one of: now, 0"),
            ("[source]\nsince = 1", "2: since: '1' is not known; did you mean '0'?"),
            (
                "[source]\ndatabases = a,,b",
                "2: databases: an empty pattern stands in the list; write names and globs with one comma between them"
            ),
            (
                "[source]\ndatabases = a b",
                "2: databases: 'a b' has a blank, which no database name has; write commas between names, as in: orders, invoices-*"
            ),
            ("[source]\nurll = x", "2: unknown key 'urll' in [source]; did you mean 'url'?"),
            ("[source]\nURL = x", "2: unknown key 'URL' in [source]; did you mean 'url'?"),
            (
                "[herald]\ncolour = red",
                "2: unknown key 'colour' in [herald]; known keys are: log_level, log_format, state_dir, forget_after, listen, "
                    + "token_file"
            ),
            (
                "[herald]\nforget_after = 59s",
                "2: forget_after: '59s' is out of range; choose a duration of 1m to 3650d"
            ),
            ("[herald]\nlog_level = warn", "2: log_level: 'warn' is not known; did you mean 'warning'?"),
            (
                "[herald]\nlog_level = loud",
                "2: log_level: 'loud' is not known; choose one of: trace, debug, info, notice, warning, error"
            ),
            ("[herald]\nlog_format = xml", "2: log_format: 'xml' is not known; choose one of: text, json"),
            (
                "[update_notification]\nx = echo 'a",
                "2: x: a single quote is not closed in the command; close it as for /bin/sh"
            ),
            (
                "[update_notification]\nx = a\ny = b\nx = c",
                "4: a second notifier with the name 'x', which line 2 has already; rename or remove one of them"
            ),
            (
                "[update_notification]\nwarmer = a\n[notifier:warmr]\nmerge = never",
                "3: no notifier has the name 'warmr'; did you mean [notifier:warmer]?"
            ),
            (
                "[notifier:x]",
                "1: no notifier has the name 'x'; add its command to [update_notification], or remove this section"
            ),
            (
                "[update_notification]\nx=a\n[notifier:x]\ntypes = update",
                "4: types: 'update' is not known; did you mean 'updated'?"
            ),
            (
                "[update_notification]\nx=a\n[notifier:x]\ntypes = updated,",
                "4: types: '' is not known; choose one of: created, updated, ddoc_updated, deleted"
            ),
            (
                "[update_notification]\nx=a\n[notifier:x]\nmerge = always",
                "4: merge: 'always' is not known; choose when_behind, never, or a duration as in merge = 500ms"
            ),
            (
                "[update_notification]\nx=a\n[notifier:x]\nstop_timeout = 0s",
                "4: stop_timeout: '0s' is out of range; choose a duration of 10ms to 1h"
            ),
            (
                "[update_notification]\nx=a\n[notifier:x]\nenvironment = 1A=b",
                "4: environment: the variable first in the list has a bad name; "
                    + "names have letters, digits and '_' and no digit first; values with commas need double quotes"
            ),
            (
                "[update_notification]\nx=a\n[notifier:x]\nworking_directory = away",
                "4: working_directory: /etc/herald/away cannot be used: No such file or directory; "
                    + "make it; relative paths start from the folder of the file in which they stand"
            ),
            ("[update_notification]\n# x = a", "2: '#' begins no comment; begin comments with ';'"),
            ("[source]\n# text", "2: '#' begins no comment; begin comments with ';'"),
            ("[source]\n= x", "2: a line begins with '='; write a key before it, as in: key = value"),
            (
                "[source]\n text",
                "2: the line has no '=' and there is no value above that it continues; write it as in: key = value"
            ),
            (
                "[source]\ntext",
                "2: the line has no '='; write it as in: key = value; begin comments with ';' and continued values with exactly one blank"
            ),
            (
                "[source\nurl=x",
                "1: a section header is not closed or has text behind it; write [name] alone on the line"
            ),
            (
                "[httpd\nport=x",
                "1: a section header is not closed or has text behind it; write [name] alone on the line"
            ),
            (
                "[source]\nusername = u",
                "2: a username without a password; set password, password_file or HERALD_SOURCE_PASSWORD"
            ),
            (
                "[source]\nurl = http://u@h",
                "2: a username without a password; set password, password_file or HERALD_SOURCE_PASSWORD"
            ),
            ("[source]\npassword = u", "2: a password without a username; set username or HERALD_SOURCE_USERNAME"),
            (
                "[source]\nusername = a:b\npassword = u",
                "2: the username has a colon; choose a user whose name has none: HTTP forbids it"
            ),
            (
                "[source]\nusername=u\npassword = p\npassword_file = /pw",
                "4: password and password_file are both set; remove one of them, in a later file by an empty value"
            ),
            (
                "[source]\ntoken_file = /pw\nusername=u\npassword = p",
                "2: token_file is set together with a username or password; "
                    + "remove one of them; look into url and HERALD_SOURCE_USERNAME and HERALD_SOURCE_PASSWORD too"
            ),
            (
                "[source]\nusername = u\npassword_file = no",
                "3: password_file: /etc/herald/no cannot be read: No such file or directory; "
                    + "make it; relative paths start from the folder of the file in which they stand"
            ),
            (
                "[source]\ntoken_file = no",
                "2: token_file: /etc/herald/no cannot be read: No such file or directory; "
                    + "make it; relative paths start from the folder of the file in which they stand"
            ),
            (
                "[source]\nca_file = no",
                "2: ca_file: /etc/herald/no cannot be read: No such file or directory; "
                    + "relative paths start from the folder of the file in which they stand"
            ),
            ("\u{1}", " is no configuration file: line 1 has control characters; name a text file in UTF-8"),
        ]
    )
    func told(text: String, fault: String) {
        #expect(faults(text, files: files(["/pw": "s"])) == ["a.ini:\(fault)"])
    }

    @Test("all are told at once, by file and line")
    func all() {
        let found = faults(
            "[notifier:x]\nmerge = no\nnonsense\n[herald]\nlog_level = loud\n[source]\nurl = x\nurrl = y",
            "[source]\nheartbeat = x\n[update_notification]\ny = 'a\n[x",
            environment: ["HERALD_SOURCE_USERNAME": "a:b"]
        )
        #expect(
            found.map { $0.prefix { $0 != " " } } == [
                "a.ini:3:", "a.ini:5:", "a.ini:7:", "a.ini:8:", "b.ini:2:", "b.ini:4:", "b.ini:5:",
                "HERALD_SOURCE_USERNAME:",
            ]
        )
    }

    @Test("what a later file puts right is no fault")
    func putRight() {
        #expect(faults("[source]\nurl = x\nheartbeat = 1", "[source]\nurl = http://h\nheartbeat =") == [])
    }

    @Test("text that is not UTF-8 is a fault in our sections and none in others'")
    func invalidUTF8() throws {
        func count(_ section: String) -> Int {
            let bytes = Array("[\(section)]\nurl = http://h\nx = ".utf8) + [0xff]
            let text = ConfigurationText(file: "a.ini", folder: "/", bytes: bytes)
            do throws(Faults) {
                _ = try HeraldSettings.interpret([text], environment: [:], files: files())
                return 0
            } catch {
                return error.faults.count { $0.message == "the line is not UTF-8" }
            }
        }
        #expect(count("update_notification") == 1)
        #expect(count("httpd") == 0)
    }

    @Test("a line that may be a lost password is not shown")
    func lostPassword() {
        #expect(!faults("[source]\nSECRET\n SECRET\n#SECRET\n=SECRET\n[SECRET").joined().contains("SECRET"))
    }

    @Test("a fault is always one line")
    func oneLine() {
        let fault = Fault(file: "a\nb", line: 1, message: "x\u{1b}[0m\u{85}", hint: "y\r\n")
        #expect(!fault.description.unicodeScalars.contains { $0.properties.generalCategory == .control })
    }

    @Test("what is missing is not complained of where a file could not be read")
    func incomplete() throws {
        let thrown = #expect(throws: Faults.self) {
            try HeraldSettings.interpret(
                [
                    ConfigurationText(
                        file: "b.ini",
                        folder: "/",
                        bytes: Array("[notifier:x]\n[source]\nusername=u".utf8)
                    )
                ],
                environment: [:],
                files: files(),
                faults: [Fault(file: "a.ini", message: "m", hint: "h")]
            )
        }
        #expect(try #require(thrown).faults.map(\.file) == ["a.ini"])
        #expect(try #require(thrown).description == "a.ini: m; h")
    }
}
