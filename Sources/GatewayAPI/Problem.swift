/// Why a request was not done: RFC 9457, `application/problem+json`, with a stable `code` and what to do about it.
package struct Problem: Codable, Hashable, Sendable {
    package static let mediaType = "application/problem+json"

    /// `https://earshot.invalid/problems/CODE-WITH-HYPHENS`: names the kind, resolves nowhere.
    package let type: String
    package let title: String
    package let status: Int
    package let code: Term<ProblemCode>
    /// This occurrence, for a person. Foreign text in it is escaped.
    package let detail: String
    /// What to do.
    package let fix: String

    package init(_ code: ProblemCode, detail: String, fix: String) {
        type = "https://earshot.invalid/problems/" + String(code.rawValue.map { $0 == "_" ? "-" : $0 })
        title = code.title
        status = code.status
        self.code = Term(code)
        self.detail = detail
        self.fix = fix
    }
}
