/// Who changed what: only ever added to.
extension Ledger {
    /// Notes something that changes no row of its own.
    ///
    /// - Parameters:
    ///   - what: its kind, as `pairing.failed`.
    ///   - subject: an id or an address.
    package func log(_ what: String, subject: String, _ detail: String) throws {
        try write { try $0.log(what, subject, detail) }
    }
}
