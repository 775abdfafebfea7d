/// How it is with the store.
public struct StoreStatus: Codable, Sendable, Equatable {
    public var folder: String
    /// What its files take, in bytes.
    public var size: Int64
    /// When something was last saved, in RFC 3339; `nil` if nothing was since the start.
    public var lastSave: String?
    /// Set while saving fails.
    public var lastError: Mishap?

    public init(folder: String, size: Int64, lastSave: String? = nil, lastError: Mishap? = nil) {
        self.folder = folder
        self.size = size
        self.lastSave = lastSave
        self.lastError = lastError
    }
}
