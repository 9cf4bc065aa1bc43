internal import CardProfile
package import GATT
internal import Recordings

extension SoftwareCard: LocalService {
    package nonisolated var services: [ServiceDefinition] {
        ServedCharacteristic.services(justWorksOnly: settings.capabilities.contains(.justWorksOnly))
    }

    package func advertising() async -> AdvertisingData? {
        let data = currentAdvertising
        advertised.change { $0 = data }
        return data
    }

    package func advertisingChanged() async {
        while !Task.isCancelled {
            let seen = news.read { $0 }
            guard currentAdvertising == advertised.read({ $0 }) else { return }
            guard (try? await news.when { $0 == seen ? nil : () }) != nil else { return }
        }
    }

    /// Always 29 bytes, and a name in the scan response in pairing mode.
    private var currentAdvertising: AdvertisingData? {
        guard link == nil else { return nil }
        let name = "Card-" + settings.serial.description.suffix(4)
        return AdvertisingData(
            services: [ServedCharacteristic.service], manufacturerData: [RecorderUUID.testCompany: memory.advertisingPayload.bytes],
            name: memory.pairingUntil == nil ? nil : name, isDiscoverable: memory.pairingUntil != nil)
    }

    package func connected(_ link: any ServerLink) async {
        self.link = CardLink(
            link, server: CardServer(valueLength: valueLength(on: link)), now: memory.clock.elapsed, lastEvent: memory.log.last,
            battery: memory.battery)
        wake()
    }

    private func valueLength(on link: any ServerLink) -> Int {
        CardServer.valueLength(maximumTransmissionUnit: link.maximumTransmissionUnit, overhead: settings.notificationOverhead)
    }

    package func disconnected(_ link: any ServerLink) async {
        guard self.link?.link.id == link.id else { return }
        self.link = nil
        wake()
    }

    package func pairing(over link: any ServerLink) async throws -> PairingOffer {
        guard memory.pairingUntil != nil, memory.bonds.count < settings.bonds else { throw PairingRefused() }
        guard !settings.capabilities.contains(.justWorksOnly) else { return .justWorks }
        guard !settings.comparesDigits else { return .comparesDigits }
        let passkey = UInt32(settings.random() % 1_000_000)
        self.link?.passkey = passkey
        wake()
        return .displaysPasskey(passkey)
    }

    package func answer(_ question: PairingQuestion, over link: any ServerLink) async -> PairingAnswer {
        guard memory.pairingUntil != nil, memory.bonds.count < settings.bonds, let session = self.link, session.link.id == link.id else { return .no }
        switch question {
        case .displayPasskey(let passkey):
            session.passkey = passkey
            wake()
            return .yes
        case .authorize: return settings.capabilities.contains(.justWorksOnly) ? .yes : .no
        case .enterPasskey, .confirm: return await userAnswer(to: question, session)
        }
    }

    /// Shows the question until its user has answered or the pairing is over.
    private func userAnswer(to question: PairingQuestion, _ session: CardLink) async -> PairingAnswer {
        session.question = question
        session.answer = nil
        wake()
        defer {
            session.question = nil
            wake()
        }
        while self.link === session, memory.pairingUntil != nil, !Task.isCancelled {
            if let answer = session.answer { return answer }
            let seen = news.read { $0 }
            guard (try? await news.when { $0 == seen ? nil : () }) != nil else { break }
        }
        return .no
    }

    package func paired(over link: any ServerLink, bonded: Bool) async {
        self.link?.passkey = nil
        wake()
        guard bonded else { return }
        self.link?.isEncrypted = true
        // A failure of the vault ends the card's life in `run()`; a link that is gone meanwhile needs no answer.
        _ = try? await turn { memory in
            memory.keepBond(with: link.central)
            memory.closePairing()
        }
    }

    package func read(_ characteristic: CharacteristicID, over link: any ServerLink) async throws -> [UInt8] {
        let session = try heard(on: link)
        switch characteristic {
        case ServedCharacteristic.features: return memory.features.bytes
        case ServedCharacteristic.status:
            let status = memory.status
            session.toldStatus = status
            return status.bytes
        case ServedCharacteristic.battery: return [memory.battery]
        case ServedCharacteristic.serial: return Array(mishaps.serial(settings.serial).description.utf8)
        default:
            guard let found = ServedCharacteristic.information.first(where: { $0.id == characteristic }) else { throw ATTError.readNotPermitted }
            return Array(found.text.utf8)
        }
    }

    package func write(_ value: [UInt8], to characteristic: CharacteristicID, request: Bool, over link: any ServerLink) async throws {
        let session = try heard(on: link)
        switch characteristic {
        case ServedCharacteristic.controlPoint where request:
            if session.isResponding { try await waitForConfirmation(on: link) }
            try await pass(.request(value.first ?? 0), on: session)
            // Some hosts learn it only now.
            session.server.valueLength = valueLength(on: link)
            switch try await turn({ memory in session.server.controlPointWritten(value[...], &memory) }) {
            case .refused(let code): throw ATTError(code)
            case .accepted(let response):
                if session.noteReading(value) {
                    digestFaults.nextList()
                    listFaults.nextList()
                }
                try await pass(.response(value.first ?? 0), on: session)
                session.response = response
                session.isResponding = true
                wake()
            }
        case ServedCharacteristic.transfer where !request:
            session.server.transferWritten(value[...])
            session.starving = nil
            wake()
        default: throw ATTError.writeNotPermitted
        }
    }

    package func subscribed(_ isSubscribed: Bool, to characteristic: CharacteristicID, over link: any ServerLink) async {
        guard let session = self.link, session.link.id == link.id else { return }
        switch characteristic {
        case ServedCharacteristic.controlPoint: session.server.controlPointSubscribed(isSubscribed)
        case ServedCharacteristic.transfer: session.server.transferSubscribed(isSubscribed)
        case ServedCharacteristic.events: session.notifiesEvents = isSubscribed
        case ServedCharacteristic.status:
            session.notifiesStatus = isSubscribed
            session.toldStatus = memory.status
        case ServedCharacteristic.battery: session.notifiesBattery = isSubscribed
        default: break
        }
        wake()
    }

    /// The confirmation came before this write over the air, but the card's own task may not have heard of it yet: a write that was too early
    /// is refused only when the response is still not confirmed after a while.
    private func waitForConfirmation(on link: any ServerLink) async throws {
        let id = link.id
        _ = try await withDeadline(CardRules.confirmation, clock: clock) {
            while true {
                let seen = self.news.read { $0 }
                guard await self.isResponding(on: id) else { return }
                try await self.news.when { $0 == seen ? nil : () }
            }
        }
    }

    private func isResponding(on id: UInt64) -> Bool { link.map { $0.link.id == id && $0.isResponding } ?? false }

    /// What was to happen now happens first. The link may be gone behind it.
    private func pass(_ occasion: CardMishaps.Occasion, on session: CardLink) async throws {
        try await mishaps.pass(occasion, wake: wake)
        guard link === session else { throw ATTError.unlikelyError }
    }

    /// The gateway sent something, and the host let it through: the link is encrypted.
    private func heard(on link: any ServerLink) throws -> CardLink {
        guard let session = self.link, session.link.id == link.id else { throw ATTError.unlikelyError }
        session.heard = memory.clock.elapsed
        session.isEncrypted = true
        return session
    }
}
