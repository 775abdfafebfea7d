import Settings
import Store

/// The store of the configuration, for whoever is to have it for itself, and what is in it. Where that fails, shows why
/// and exits with the status that fits.
func openStore(of settings: HeraldSettings) async throws -> (Store, StoreContents) {
    try await StoreAccess.showingErrors {
        let store = try Store.open(settings.store.folder)
        return (store, try await store.contents())
    }
}
