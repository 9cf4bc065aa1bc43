package import GatewayAPI
package import Recordings

/// What an audit is asked about; nil: everything.
package struct AuditQuery: Sendable, Hashable {
    /// Started at or after.
    package var since: UTCTime?
    /// Started before.
    package var until: UTCTime?
    /// A card's id, name or serial number.
    package var card: String?
    /// A holder's id.
    package var holder: String?

    package init(since: UTCTime? = nil, until: UTCTime? = nil, card: String? = nil, holder: String? = nil) {
        self.since = since
        self.until = until
        self.card = card
        self.holder = holder
    }

    fileprivate func items(limit: Int? = nil, cursor: String? = nil) -> KeyValuePairs<String, String?> {
        [
            "since": since?.description, "until": until?.description, "card": card, "holder": holder, "limit": limit.map(String.init),
            "cursor": cursor,
        ]
    }
}

extension GatewayClient {
    /// The counts, and the first of the exceptions.
    package func audit(_ query: AuditQuery = AuditQuery()) async throws -> AuditMessage {
        try await get(Routes.audit.path(query: query.items()), patience: .total(.seconds(120)))
    }

    /// The exceptions behind `cursor`, which the audit or the page before gave.
    package func auditExceptions(_ query: AuditQuery, limit: Int? = nil, cursor: String? = nil) async throws -> ListMessage<AuditException> {
        try await get(Routes.auditExceptions.path(query: query.items(limit: limit, cursor: cursor)), patience: .total(.seconds(120)))
    }

    /// Receipts of the recordings that the audit counts, in the order in which they became known at the gateway.
    package func receipts(_ query: AuditQuery, limit: Int? = nil, cursor: String? = nil) async throws -> ListMessage<ReceiptMessage> {
        try await get(Routes.receipts.path(query: query.items(limit: limit, cursor: cursor)), patience: .total(.seconds(120)))
    }

    /// - Parameter name: id, unique prefix, or `anna/214`.
    package func receipt(_ name: String) async throws -> ReceiptMessage { try await get(Routes.receipt.path(name)) }
}

/// Which accesses are asked for; nil: all.
package struct AccessQuery: Sendable, Hashable {
    package var since: UTCTime?
    package var until: UTCTime?
    /// Of a recording, by `anna/214` or id.
    package var recording: String?
    /// Of a card, by name, id or serial number.
    package var card: String?
    /// `audio.read`, or a beginning with `*`.
    package var what: String?

    package init(since: UTCTime? = nil, until: UTCTime? = nil, recording: String? = nil, card: String? = nil, what: String? = nil) {
        self.since = since
        self.until = until
        self.recording = recording
        self.card = card
        self.what = what
    }
}

extension GatewayClient {
    /// Who listened, paired or changed something, the newest first.
    package func accesses(_ query: AccessQuery = AccessQuery(), limit: Int? = nil, cursor: String? = nil) async throws -> ListMessage<AccessMessage> {
        try await get(
            Routes.accesses.path(query: [
                "since": query.since?.description, "until": query.until?.description, "recording": query.recording, "card": query.card,
                "what": query.what, "limit": limit.map(String.init), "cursor": cursor,
            ]))
    }
}
