public import Settings

/// Which lines a notifier reads, and what stands in them. Notifiers of one style read the same bytes.
public struct LineStyle: Sendable, Hashable {
    public var types: Set<NotifierSettings.NoticeType>
    public var detail: NotifierSettings.Detail

    public init(types: Set<NotifierSettings.NoticeType>, detail: NotifierSettings.Detail) {
        self.types = types
        self.detail = detail
    }
}
