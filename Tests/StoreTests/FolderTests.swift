import CLinux
import Glibc
import Store
import TestSupport
import Testing

@Suite("The folder of the store")
struct FolderTests {
    private func mode(_ path: String) throws -> UInt32 {
        var status = stat()
        try #require(stat(path, &status) == 0)
        return status.st_mode & 0o777
    }

    @Test("It is made for its owner alone; one that is there keeps its mode, and the files are private all the same")
    func made() async throws {
        let place = try StorePlace()
        try place.open().close()
        #expect(try mode(place.folder) == 0o700)
        let other = try StorePlace()
        try other.parent.makeFolder("state")
        try #require(chmod(other.folder, 0o755) == 0)
        let store = try other.open()
        try await store.save(.positions(.at("1", of: "d", 1)))
        #expect(try mode(other.folder) == 0o755)
        for name in ["herald.sqlite", "herald.sqlite-wal", "lock"] {
            #expect(try mode("\(other.folder)/\(name)") == 0o600)
        }
        store.close()
    }

    @Test("A closed store is one file and the lock's")
    func closed() async throws {
        let place = try StorePlace()
        let store = try place.open()
        try await store.save(.positions(.at("1", of: "d", 1)))
        store.close()
        store.close()
        #expect(try place.names() == ["herald.sqlite", "lock"])
        await #expect(throws: StoreError.self) { try await store.save(.positions(.at("2", of: "d", 1))) }
        await #expect(throws: StoreError.self) { try await store.contents() }
    }

    @Test("A second Herald is refused and told who is there, until the first one has closed")
    func lock() async throws {
        let place = try StorePlace()
        let store = try place.open()
        for _ in 0..<2 {
            let refusal = try place.refusal()
            #expect(refusal.kind == .inUse(process: getpid()))
            #expect("\(refusal)".hasPrefix("\(place.folder): is in use by process \(getpid()); "))
            #expect(refusal.hint.contains("state_dir"))
        }
        try await store.save(.positions(.at("1", of: "d", 1)))
        store.close()
        #expect(try await place.contents().positions.count == 1)
    }

    @Test("The lock counts against other processes, for as long as the store is open")
    func lockOfProcess() async throws {
        let place = try StorePlace()
        let store = try place.open()
        // The kernel lists it: POSIX, whole file, write, this process.
        var status = stat()
        try #require(stat("\(place.folder)/lock", &status) == 0)
        func isHeld() throws -> Bool {
            String(decoding: try readFile("/proc/locks"), as: UTF8.self).split(separator: "\n").contains { line in
                let words = line.split(separator: " ")
                return words.contains("POSIX") && words.contains("WRITE") && words.contains("\(getpid())")
                    && words.contains { $0.hasSuffix(":\(status.st_ino)") }
            }
        }
        #expect(try isHeld())
        // Refused tries and views must not take it away.
        _ = try place.refusal()
        try place.view().close()
        #expect(try isHeld())
        store.close()
        #expect(try !isHeld())
    }

    @Test("Looking makes nothing, and tells that a store could be made, or why not")
    func look() async throws {
        let place = try StorePlace()
        #expect(try Store.look(at: place.folder) == nil)
        #expect(try namesInFolder(place.parent.path) == [])
        try place.parent.makeFolder("state")
        #expect(try Store.look(at: place.folder) == nil)
        #expect(try place.names() == [])
        let missing = try #require(throws: StoreError.self) {
            try Store.look(at: place.parent.path("missing/state"))
        }
        #expect(missing.kind == .unusable)
        #expect(missing.message.contains("the folder above it is missing"))
    }

    @Test("Looking at a store, beside a service or alone, shows what is in it and leaves it as it was")
    func lookAtStore() async throws {
        let place = try StorePlace()
        let store = try place.open()
        try await store.save(.positions(.at("1", of: "d", 1)))
        let beside = try place.view()
        #expect(try await beside.contents().positions == [.at("1", of: "d", 1)])
        try await store.save(.positions(.at("2", of: "d", 1)))
        #expect(try await beside.contents().positions == [.at("2", of: "d", 1)])
        beside.close()
        store.close()
        let before = try readFile(place.file)
        let view = try place.view()
        #expect(try await view.contents().positions == [.at("2", of: "d", 1)])
        view.close()
        #expect(try place.names() == ["herald.sqlite", "lock"])
        #expect(try readFile(place.file) == before)
    }

    @Test("A folder that cannot be is told with its path, the reason and what to do, by opening and by looking")
    func unusable() throws {
        let parent = try TemporaryFolder()
        let file = try parent.write("file", "not a folder")
        for path in [file, "\(file)/state", parent.path("missing/state"), "/proc/self/herald-state", "/dev/null/x"] {
            for way in [{ try Store.open(path).close() }, { try Store.look(at: path)?.close() }] {
                let error = #expect(throws: StoreError.self, "\(path)") { try way() }
                guard let error else { continue }
                #expect(error.kind == .unusable)
                #expect("\(error)".hasPrefix("\(path): ") && !error.hint.isEmpty, "\(error)")
            }
        }
        #expect(try parent.read("file") == "not a folder")
    }

    @Test("A database or a lock that is no file is refused")
    func strangeFiles() throws {
        for name in ["herald.sqlite", "lock"] {
            let place = try StorePlace()
            try place.parent.makeFolder("state")
            try place.parent.makeFolder("state/\(name)")
            #expect(try place.refusal().kind == .unusable)
        }
    }

    @Test("A draft that a crash left behind is no store and is in nobody's way")
    func draft() async throws {
        let place = try StorePlace()
        try place.parent.makeFolder("state")
        for name in ["herald.sqlite.new", "herald.sqlite.new-wal", "herald.sqlite.new-shm"] {
            try place.parent.write("state/\(name)", "half of")
        }
        #expect(try Store.look(at: place.folder) == nil)
        let store = try place.open()
        try await store.save(.positions(.at("1", of: "d", 1)))
        store.close()
        #expect(try place.names() == ["herald.sqlite", "lock"])
    }
}
