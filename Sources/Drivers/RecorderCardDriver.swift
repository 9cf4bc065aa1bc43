internal import CardProfile
package import GATT
package import Recordings

/// Speaks the Recorder Card Profile.
package struct RecorderCardDriver: CardDriver {
    package static let service = RecorderAttributes.service

    /// How many hints may wait of Events and Status each. They are taken at once by tasks of their own.
    private static let hintCapacity = 64

    package init() {}

    package static func hint(in advertisement: Advertisement) -> CardHint? {
        guard advertisement.services.contains(service),
            let payload = advertisement.manufacturerData.sorted(by: { $0.key < $1.key }).lazy.compactMap({ try? AdvertisingPayload($0.value[...]) })
                .first
        else { return nil }
        return CardHint(
            hasUnsynced: payload.flags.contains(.unsynced), unsynced: payload.unsynced,
            hasEvents: payload.flags.contains(.unacknowledgedEvents), isRecording: payload.flags.contains(.recording),
            inPairingMode: payload.flags.contains(.pairingMode), isNearlyFull: payload.flags.contains(.storageNearlyFull),
            batteryIsLow: payload.flags.contains(.batteryLow), token: payload.changeToken)
    }

    package func identify(_ card: any Peripheral, within: Duration) async throws -> CardIdentity {
        try await RecorderIdentity(of: card, within: within).card
    }

    package func admit(
        _ card: any Peripheral, _ identity: CardIdentity, keys: OwnerKeys?, clock: any Clock<Duration>, wallClock: WallClock,
        told: @escaping @Sendable (OwnerOutcome) async throws -> Void
    ) async throws -> Admission {
        do {
            return try await card.withValues(
                of: RecorderAttributes.controlPoint, delivery: .sharedAllowed, capacity: RecorderLink.controlCapacity
            ) { responses in
                let features = try Features(try await card.read(RecorderAttributes.features, within: ControlPointClient.deadline)[...])
                // Nothing is READ over this link.
                let link = RecorderLink(
                    card: card, clock: clock, session: Stopwatch(clock), responses: responses, values: ValueStream(capacity: 1))
                let gate = OwnerGate(link: link, features: features, serial: identity.generation.serial, keys: keys, isPairing: true, told: told)
                let owner = try await gate.open()
                guard await wallClock.isSynchronised() else { return Admission(owner: owner, clockWasSet: false) }
                let answer = try await link.ask(.setTime(now: wallClock.now(), minutesEast: 0))
                guard answer.result == .success else { throw ProfileError(.outOfOrder, "The card answers SET_TIME with: \(answer.result).") }
                return Admission(owner: owner, clockWasSet: true)
            }
        } catch let error as SessionRefusal {
            throw CardRefusal(error.reason)
        } catch let error as ProfileError {
            throw CardRefusal(error.description)
        }
    }

    package func session(on card: any Peripheral, into sink: any RecordingSink, context: SessionContext) async throws -> SessionReport {
        let watch = Stopwatch(context.clock)
        do {
            guard context.bondIsAuthenticated else {
                throw SessionRefusal(reason: "The bond with this card was made without a passkey, and its owner has made no exception for it.")
            }
            let identity = try await RecorderIdentity(of: card, within: ControlPointClient.deadline)
            let held = try await sink.open(identity.card.generation)
            return try await withSubscriptions(on: card, context) { streams in
                let link = RecorderLink(card: card, clock: context.clock, session: watch, responses: streams.responses, values: streams.transfer)
                let inbox = HintInbox()
                return try await withThrowingTaskGroup { group in
                    group.addTask { await inbox.follow(events: streams.events) }
                    group.addTask { await inbox.follow(status: streams.status) }
                    defer { group.cancelAll() }
                    let session = RecorderSession(link: link, sink: sink, context: context, identity: identity, inbox: inbox)
                    do {
                        try await SessionProgram(session, heldEvents: held).run()
                    } catch {
                        session.report.end = try SessionReport.End(error)
                        if case CustodyError.noRoom(let needed, let free) = error { session.publish(.noRoom(needed: needed, free: free)) }
                    }
                    return session.report
                }
            }
        } catch {
            return SessionReport(end: try SessionReport.End(error))
        }
    }

    private struct Streams: Sendable {
        let responses: ValueStream
        let transfer: ValueStream
        let events: ValueStream
        let status: ValueStream
    }

    /// Audio comes over a path of our own unless configuration says otherwise; hints may come over the shared one.
    private func withSubscriptions(
        on card: any Peripheral, _ context: SessionContext, _ body: @concurrent @Sendable (Streams) async throws -> SessionReport
    ) async throws -> SessionReport {
        try await card.withValues(
            of: RecorderAttributes.controlPoint, delivery: .sharedAllowed, capacity: RecorderLink.controlCapacity
        ) { responses in
            try await card.withValues(
                of: RecorderAttributes.transfer, delivery: context.allowSharedTransfer ? .sharedAllowed : .privateSocket,
                capacity: RecorderLink.transferCapacity
            ) { transfer in
                try await Self.withHints(of: RecorderAttributes.events, on: card) { events in
                    try await Self.withHints(of: RecorderAttributes.status, on: card) { status in
                        try await body(Streams(responses: responses, transfer: transfer, events: events, status: status))
                    }
                }
            }
        }
    }

    private static func withHints(
        of characteristic: CharacteristicID, on card: any Peripheral, _ body: @concurrent @Sendable (ValueStream) async throws -> SessionReport
    ) async throws -> SessionReport {
        // The body's own error comes back as a value: only a subscription that failed is tried another way.
        let lend: @concurrent @Sendable (ValueStream) async -> Result<SessionReport, any Error> = { stream in
            do { return .success(try await body(stream)) } catch { return .failure(error) }
        }
        do {
            return try await card.withValues(of: characteristic, delivery: .privateSocket, capacity: hintCapacity, lend).get()
        } catch let error as GATTError where error.code == .notificationsHeld || error.code == .notSupported {
            return try await card.withValues(of: characteristic, delivery: .sharedAllowed, capacity: hintCapacity, lend).get()
        }
    }
}

extension SessionReport.End {
    /// How an error ends a session. Cancellation is thrown on.
    fileprivate init(_ error: any Error) throws {
        switch error {
        case is CancellationError: throw error
        case let error as GATTError: self = .link(error)
        case CustodyError.noRoom: self = .noRoom
        case let error as CustodyError: self = .custody(error)
        case let error as ProfileError: self = .protocolViolation(error.description)
        case let error as SessionRefusal: self = .refused(error.reason)
        case let error as CardRefusal: self = .protocolViolation(error.description)
        default: self = .custody(.storage("\(error)"))
        }
    }
}
