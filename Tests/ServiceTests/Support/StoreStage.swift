import Store
import TestSupport
import Testing

/// A configuration with a store of its own, and `herald` run upon it.
struct StoreStage {
    let folder: TemporaryFolder
    let configuration: String
    var stateFolder: String { folder.path("state") }

    init() throws {
        folder = try TemporaryFolder()
        configuration = try folder.write(
            "notifiers.ini",
            "[herald]\nstate_dir = state\n[update_notification]\na = cat\n"
        )
    }

    /// Makes the store with this in it and closes it.
    func fill(_ changes: StoreChanges) async throws {
        let store = try Store.open(stateFolder)
        try await store.save(changes)
        store.close()
    }

    func contents() async throws -> StoreContents {
        let store = try Store.open(stateFolder)
        defer { store.close() }
        return try await store.contents()
    }

    /// Runs `herald` with these arguments and the configuration to its end.
    func herald(_ arguments: String..., environment: [String: String] = [:]) async throws
        -> (exit: HeraldProcess.Exit, stdout: [String], stderr: [String])
    {
        let herald = try HeraldProcess(arguments + ["-c", configuration], environment: environment)
        let exit = try await herald.waitForExit()
        return (exit, herald.stdout, herald.stderr)
    }
}
