internal import GatewayAPI
internal import Ledger
internal import Recordings

extension AuditMessage {
    init(_ report: AuditReport) {
        self.init(
            since: report.scope.since, until: report.scope.until, cards: report.cards.map { AuditCard($0) },
            exceptions: report.exceptions.map { AuditException($0) }, next: report.next, waiting: report.waiting, explained: report.explained,
            unexplained: report.unexplained)
    }
}

extension AuditCard {
    init(_ part: AuditReport.CardPart) {
        self.init(
            card: CardReference(id: part.card, name: part.name), generation: part.generation.description, seen: part.seen, started: part.started,
            held: part.held, delivered: part.delivered, undated: part.undated, events: part.events, eventsHeld: part.eventsHeld,
            waiting: part.waiting, explained: part.explained, unexplained: part.unexplained)
    }
}

extension AuditException {
    init(_ exception: AuditReport.Exception) {
        self.init(
            card: exception.card, what: exception.what, recording: exception.recording, kind: Self.kind(exception.kind), cause: exception.cause,
            count: exception.count)
    }

    fileprivate static func kind(_ kind: AuditReport.Exception.Kind) -> Term<Kind> {
        switch kind {
        case .unexplained: Term(.unexplained)
        case .waiting: Term(.waiting)
        case .explained: Term(.explained)
        }
    }
}

extension ReceiptMessage {
    init(_ receipt: Receipt, gateway: GatewayID) {
        self.init(
            recording: receipt.recording, ref: receipt.ref, key: receipt.key, gateway: gateway.description,
            card: CardReference(id: receipt.card, name: receipt.cardName), state: Term(receipt.state), started: receipt.started,
            listedSize: receipt.listed?.size, listedDigest: receipt.listed?.digestPrefix, size: receipt.stored?.size,
            sha256: receipt.stored?.sha256, stored: receipt.stored?.at, releaseAnswer: receipt.release?.answer,
            releaseAnswered: receipt.release?.at, proven: receipt.provenAt,
            deliveries: receipt.deliveries.map { DeliveryMessage($0) },
            missing: receipt.missing.map { MissingPiece(kind: AuditException.kind($0.kind), what: $0.what, needsPerson: $0.needsPerson) })
    }
}
