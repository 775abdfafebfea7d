/// What is wrong with a value, before it is known where the value stands.
struct Complaint: Error, Hashable {
    var message: String
    var hint: String

    init(_ message: String, _ hint: String) {
        self.message = message
        self.hint = hint
    }
}
