internal import Bytes
internal import GatewayAPI
internal import Ledger
internal import Recordings

/// Names in paths and queries.
extension Backend {
    /// By id alone: jobs have no other name.
    func job(named name: String) async throws -> JobInfo {
        guard let id = JobID(name) else {
            throw Refusal(.notFound, "There is no such job.", fix: "Use the id that the lease gave: job_ and 26 digits.")
        }
        return try await ledger.job(id)
    }

    /// By handle (`anna@example.com`) or id.
    func holder(named name: String) async throws -> HolderInfo {
        guard let holder = try await ledger.holders().first(where: { $0.handle == name || $0.id.description == name }) else {
            throw Refusal(
                .notFound, "There is no holder \(ForeignText(name, limit: 64)).",
                fix: "`earshot holders` lists them. `earshot cards import` (a list) or `earshot pair --holder` adds one; in the API POST /v1/holders."
            )
        }
        return holder
    }
}
