extension DatabaseMachine {
    /// How a feed has ended.
    enum FeedEnd: Equatable {
        /// The last line came, and the end that HTTP prescribes.
        case clean
        case cut(why: String)
        case refused(Refusal)
        case missing
        /// 400: it is the position that the server does not like.
        case unsupported(why: String)
        case unavailable(why: String, retryAfter: Duration?)

        /// Why, in words.
        var why: String {
            switch self {
            case .clean: "it has ended in order"
            case .cut(let why), .unsupported(let why), .unavailable(let why, _): why
            case .refused(let refusal): refusal.why
            case .missing: "there is no such database"
            }
        }

        /// How long the server asked to be left alone.
        var retryAfter: Duration? {
            if case .unavailable(_, let retryAfter) = self { retryAfter } else { nil }
        }
    }
}
