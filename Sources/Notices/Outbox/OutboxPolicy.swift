import Settings

extension OutboxQueue.Policy {
    /// What these settings want of an outbox.
    init(_ settings: NotifierSettings) {
        switch settings.merge {
        case .debounce(let delay): self = .debounce(Debounce(delay: delay, changes: settings.mergeAt))
        case _ where settings.mergesLines: self = .mergeWhenFull
        default: self = .keepAll
        }
    }
}
