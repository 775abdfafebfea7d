import ArgumentParser
import Settings
import Store

/// The store of the configuration, for whoever is to have it for itself, and what is in it. Where that fails, shows why
/// and exits with the status that fits.
func openStore(of settings: HeraldSettings) async throws -> (Store, StoreContents) {
    do throws(StoreError) {
        let store = try Store.open(settings.store.folder)
        return (store, try await store.contents())
    } catch {
        StandardStream.error.print("\(error)")
        throw ExitCode(error.exitStatus)
    }
}

extension StoreError {
    /// As sysexits.h has them: EX_UNAVAILABLE for what another Herald has, EX_IOERR for all else.
    var exitStatus: Int32 {
        switch kind {
        case .inUse: 69
        default: 74
        }
    }
}
