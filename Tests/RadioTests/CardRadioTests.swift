import GATT
import Radio
import Recordings
import TestSupport
import Testing

@Suite struct CardRadioTests {
    @Test func aPairedCardIsEnrolledThenMet() async throws {
        let world = RadioWorld()
        try await world.run {
            world.device.advertise([0x09, 0, 1, 0])
            let events = try await world.pair(passkey: EchoService.passkey)
            guard case .paired(let card, let serial, let method, _)? = events.last else {
                Issue.record("not paired: \(events)")
                return
            }
            #expect(serial.description == "A1-7214")
            #expect(method == .passkeyEntered)
            #expect(events.contains(.question(.enterPasskey)))
            #expect(world.registry.state.read(\.cards).map(\.id) == [card])
            try await world.driver.sessions.when { $0 >= 1 ? () : nil }
            #expect(await world.radio.status().cards.map(\.presence) == ["linked"])
        }
    }

    @Test func aWrongPasskeyLeavesNoBondAndNoCard() async throws {
        let world = RadioWorld()
        try await world.run {
            world.device.advertise([0x08, 0, 1, 0])
            let events = try await world.pair(passkey: 1)
            guard case .failed(_, let fix)? = events.last else {
                Issue.record("paired with a wrong passkey: \(events)")
                return
            }
            #expect(fix.contains("six digits"))
            #expect(world.registry.state.read(\.cards).isEmpty)
            #expect(try await world.air.bondedPeers(on: RadioWorld.adapter).isEmpty)
        }
    }

    @Test func aSerialThatIsRefusedLeavesNoBond() async throws {
        let world = RadioWorld()
        world.registry.state.change { $0.refused = true }
        try await world.run {
            world.device.advertise([0x08, 0, 1, 0])
            let events = try await world.pair(passkey: EchoService.passkey)
            guard case .failed(let reason, _)? = events.last else {
                Issue.record("paired: \(events)")
                return
            }
            #expect(reason.contains("A1-7214"))
            #expect(try await world.air.bondedPeers(on: RadioWorld.adapter).isEmpty)
        }
    }

    @Test func aPairingThatIsCutOffLeavesNoBond() async throws {
        let world = RadioWorld()
        world.registry.state.change { $0.waits = true }
        try await world.run {
            world.device.advertise([0x08, 0, 1, 0])
            async let _ = world.pair(passkey: EchoService.passkey)
            try await world.registry.state.when { $0.isWaiting ? () : nil }
            #expect(try await world.air.bondedPeers(on: RadioWorld.adapter).count == 1)
        }
        #expect(try await world.air.bondedPeers(on: RadioWorld.adapter).isEmpty)
    }

    @Test func aBondThatNoCardGoesWithIsNamedAsWhatIsInTheWay() async throws {
        let world = RadioWorld()
        try await world.run(behind: {
            let peer = RadioWorld.peer
            _ = try await world.air.pair(with: peer, on: RadioWorld.adapter, within: RadioWorld.patience) { _ in .passkey(EchoService.passkey) }
        }) {
            world.device.advertise([0x08, 0, 1, 0])
            let events = try await world.pair(passkey: EchoService.passkey)
            guard case .failed(_, let fix)? = events.last else {
                Issue.record("paired: \(events)")
                return
            }
            #expect(fix.contains("bluetoothctl remove"))
        }
    }

    @Test func justWorksIsRefusedUnlessAllowed() async throws {
        let world = RadioWorld()
        world.device.setOffer(.justWorks)
        try await world.run {
            world.device.advertise([0x08, 0, 1, 0])
            let events = try await world.pair(passkey: 0)
            guard case .failed? = events.last else {
                Issue.record("paired: \(events)")
                return
            }
            #expect(world.registry.state.read(\.cards).isEmpty)
            #expect(try await world.air.bondedPeers(on: RadioWorld.adapter).isEmpty)
        }
    }

    @Test func theWindowCloses() async throws {
        let world = RadioWorld()
        try await world.run {
            let events = try await world.pair(window: .milliseconds(20), passkey: 0)
            guard case .failed(let reason, _)? = events.last else {
                Issue.record("no card was there: \(events)")
                return
            }
            #expect(reason.contains("window"))
            let again = try await world.pair(window: .milliseconds(20), passkey: 0)
            #expect(again.last?.isLast == true, "another window may open")
        }
    }

    @Test func onePairingAtATime() async throws {
        let world = RadioWorld()
        try await world.run {
            async let first = world.pair(passkey: EchoService.passkey)
            var second: RadioError?
            while second == nil {
                do {
                    let id = try await world.radio.startPairing(PairingRequest(name: "ben", device: nil, allowUnauthenticated: false))
                    await world.radio.cancelPairing(id)
                } catch RadioError.noAdapter {
                } catch let error as RadioError {
                    second = error
                }
                await Task.yield()
            }
            #expect(second == .pairingUnderWay)
            world.device.advertise([0x08, 0, 1, 0])
            let events = try await first
            #expect(events.last?.isLast == true)
        }
    }

    /// A bond is one adapter's for ever: new cards go where there are fewer.
    @Test func ofTwoAdaptersTheOneWithFewerCardsPairs() async throws {
        let world = RadioWorld()
        let other = DeviceAddress(0xA1, kind: .public)
        let known = PairedCard(
            id: CardID.make(at: UTCTime(milliseconds: 9)), name: "ben", adapter: RadioWorld.adapter, peer: DeviceAddress(0xC9, kind: .random),
            isAccepted: true)
        world.registry.state.change { $0.cards = [known] }
        try await world.run(behind: { world.air.addAdapter(other, name: "hci1") }) {
            world.device.advertise([0x08, 0, 1, 0])
            while await world.radio.status().adapters.count(where: { $0.state == "scanning" }) < 2 { await Task.yield() }
            let events = try await world.pair(passkey: EchoService.passkey)
            #expect(events.count { if case .pairing = $0 { true } else { false } } == 1)
            #expect(world.registry.state.read(\.cards).map(\.adapter) == [RadioWorld.adapter, other])
        }
    }

    /// What is paired in bluetoothd and not in the ledger is heard, and never met.
    @Test func aBondWithoutACardIsNeverUsed() async throws {
        let world = RadioWorld()
        try await world.run(behind: {
            let peer = RadioWorld.peer
            _ = try await world.air.pair(with: peer, on: RadioWorld.adapter, within: RadioWorld.patience) { _ in .passkey(EchoService.passkey) }
        }) {
            let links = world.device.calls.count { $0 == .connected }
            world.device.advertise([0x01, 0, 1, 0])
            // Another card's whole pairing passes meanwhile, over the same adapter.
            world.air.addDevice(EchoService(advertising: [0x09, 0, 1, 0]), at: DeviceAddress(0xC1, kind: .random))
            let events = try await world.pair(passkey: EchoService.passkey)
            guard case .paired? = events.last else {
                Issue.record("not paired: \(events)")
                return
            }
            try await world.driver.sessions.when { $0 >= 1 ? () : nil }
            #expect(world.device.calls.count { $0 == .connected } == links)
        }
    }

    @Test func nothingIsPairedBeforeAPersonHasChosen() async throws {
        let world = RadioWorld()
        try await world.run {
            world.device.advertise([0x08, 0, 1, 0])
            let id = try await world.opened(
                PairingRequest(name: "anna", device: nil, choose: true, allowUnauthenticated: false, window: RadioWorld.patience))
            await #expect(throws: RadioError.noSuchQuestion) { try await world.radio.answer(id, .passkey(1)) }
            await #expect(throws: RadioError.notFound) { try await world.radio.choose(id, device: "AA:BB:CC:DD:EE:FF") }
            var last: PairingEvent?
            for await event in try await world.radio.pairingEvents(id) {
                switch event {
                case .found(let address, _, _) where last == nil: try await world.radio.choose(id, device: "\(address)")
                case .question(.enterPasskey): try await world.radio.answer(id, .passkey(EchoService.passkey))
                default: break
                }
                last = event
            }
            guard case .paired? = last else {
                Issue.record("not paired: \(String(describing: last))")
                return
            }
        }
    }

    @Test func aCancelledPairingIsUndoneWhenItsCancellationReturns() async throws {
        let world = RadioWorld()
        try await world.run {
            world.device.advertise([0x08, 0, 1, 0])
            let id = try await world.opened(PairingRequest(name: "anna", device: nil, allowUnauthenticated: false, window: RadioWorld.patience))
            var last: PairingEvent?
            for await event in try await world.radio.pairingEvents(id) {
                if case .question = event {
                    await world.radio.cancelPairing(id)
                    #expect(try await world.air.bondedPeers(on: RadioWorld.adapter).isEmpty)
                    let next = try await world.radio.startPairing(PairingRequest(name: "ben", device: nil, choose: true, allowUnauthenticated: false))
                    await world.radio.cancelPairing(next)
                }
                last = event
            }
            #expect(last == .failed(reason: "Cancelled.", fix: "Start again when you are ready."))
            #expect(world.registry.state.read(\.cards).isEmpty)
        }
    }

    @Test func whoGuessesPasskeysHasToWait() async throws {
        let world = RadioWorld()
        try await world.run {
            for number in 1...PairingLimit.most {
                world.device.advertise([0x08, 0, UInt8(number), 0])
                let events = try await world.pair(passkey: 1)
                guard case .failed? = events.last else {
                    Issue.record("paired with a wrong passkey: \(events)")
                    return
                }
            }
            #expect(world.registry.state.read(\.failures).count == PairingLimit.most)
            do {
                _ = try await world.radio.startPairing(PairingRequest(name: "anna", device: nil, allowUnauthenticated: false))
                Issue.record("a sixth try was allowed")
            } catch RadioError.tooManyFailures(let until) {
                let wait = UTCTime(milliseconds: 1_764_000_000_000).milliseconds - until.milliseconds
                #expect(wait < 0 && wait >= -600_001, "it says when: \(until)")
            }
        }
    }

    @Test func aLostLinkIsTakenUpAgain() async throws {
        let world = RadioWorld()
        try await world.run {
            world.device.advertise([0x09, 0, 1, 0])
            _ = try await world.pair(passkey: EchoService.passkey)
            try await world.driver.sessions.when { $0 >= 1 ? () : nil }
            world.air.setInRange(false, device: RadioWorld.peer)
            world.air.setInRange(true, device: RadioWorld.peer)
            try await world.driver.sessions.when { $0 >= 2 ? () : nil }
        }
    }

    @Test func aScreenNoteReachesALinkedCardAndIsRecorded() async throws {
        let world = RadioWorld()
        try await world.run {
            world.device.advertise([0x09, 0, 1, 0])
            let events = try await world.pair(passkey: EchoService.passkey)
            guard case .paired(let card, _, _, _)? = events.last else { return }
            world.registry.state.change { $0.screens.append(("scr_1", ScreenNote("hello"))) }
            await world.radio.screenWaits(for: card)
            let result = try await world.registry.state.when { $0.ended["scr_1"] }
            #expect(result == .done(recording: 0))
        }
    }

    /// A note that waits no more in the ledger is not shown when its card comes back.
    @Test func aScreenNoteThatExpiredIsNotShown() async throws {
        let world = RadioWorld()
        try await world.run {
            world.device.advertise([0x09, 0, 1, 0])
            let events = try await world.pair(passkey: EchoService.passkey)
            guard case .paired(let card, _, _, _)? = events.last else { return }
            try await world.driver.sessions.when { $0 >= 1 ? () : nil }
            world.air.setInRange(false, device: RadioWorld.peer)
            while await world.radio.status().cards.map(\.presence) == ["linked"] { await Task.yield() }
            world.registry.state.change { $0.screens = [("scr_1", ScreenNote("late"))] }
            await world.radio.screenWaits(for: card)
            world.registry.state.change { $0.screens = [("scr_2", ScreenNote("new"))] }
            await world.radio.screenWaits(for: card)
            world.air.setInRange(true, device: RadioWorld.peer)
            _ = try await world.registry.state.when { $0.ended["scr_2"] }
            #expect(world.registry.state.read { $0.ended["scr_1"] } == nil)
        }
    }

    @Test func anActionOnAnAbsentCardEndsWithoutAnAnswer() async throws {
        let world = RadioWorld()
        try await world.run {
            world.device.advertise([0x08, 0, 1, 0])
            let events = try await world.pair(passkey: EchoService.passkey)
            guard case .paired(let card, _, _, _)? = events.last else { return }
            world.air.setInRange(false, device: RadioWorld.peer)
            let answer = try await world.radio.perform(.find(seconds: 1), on: card, within: .milliseconds(20))
            #expect(answer == nil)
            await #expect(throws: RadioError.unknownCard) {
                _ = try await world.radio.perform(.find(seconds: 1), on: CardID.make(at: UTCTime(milliseconds: 2)), within: .milliseconds(20))
            }
        }
    }
}
