internal import DBus
internal import EventLoop
internal import GATT
internal import Logging

/// How values that a card notifies reach clients: StartNotify sessions and acquired sockets.
extension Bluetoothd {
    // MARK: StartNotify

    func startNotify(_ call: DBusMethodCall) async throws -> [DBusValue] {
        let attribute = try attribute(at: call.path)
        guard !attribute.device.isDisconnecting else { throw DBusError.notConnected }
        guard attribute.notifyAcquisition == nil else { throw DBusError.notPermitted("Notify acquired") }
        guard attribute.canSend else { throw DBusError.notSupported }
        if let isRegistered = attribute.sessions[call.sender] {
            guard isRegistered else { throw DBusError.inProgress }
            return []
        }
        attribute.sessions[call.sender] = false
        // Without a link the session waits for the next one.
        guard let link = attribute.device.link else { return [] }
        if let error = await begin(call.sender, on: attribute, over: link) { throw error }
        return []
    }

    func stopNotify(_ call: DBusMethodCall) async throws -> [DBusValue] {
        let attribute = try attribute(at: call.path)
        if attribute.notifyAcquisition != nil {
            await releaseNotify(attribute)
            return []
        }
        guard attribute.sessions[call.sender] != nil else { throw DBusError.failed("No notify session started") }
        await endSession(of: call.sender, on: attribute)
        return []
    }

    private func begin(_ client: String, on attribute: RemoteAttribute, over link: Link) async -> DBusError? {
        let answer = await register(attribute, over: link)
        guard attribute.sessions[client] != nil else {
            // The client left, or stopped, while the CCCD was written.
            if case .done = answer { unregister(attribute) }
            return nil
        }
        do {
            _ = try bytes(of: answer, over: link)
        } catch {
            attribute.sessions[client] = nil
            return error
        }
        attribute.sessions[client] = true
        await setNotifying(true, attribute)
        return nil
    }

    private func endSession(of client: String, on attribute: RemoteAttribute) async {
        guard let isRegistered = attribute.sessions.removeValue(forKey: client) else { return }
        if isRegistered { unregister(attribute) }
        if !attribute.sessions.values.contains(true) { await setNotifying(false, attribute) }
    }

    private func setNotifying(_ isNotifying: Bool, _ attribute: RemoteAttribute) async {
        guard attribute.isNotifying != isNotifying else { return }
        attribute.isNotifying = isNotifying
        await announce(["Notifying": .boolean(isNotifying)], of: Interface.characteristic, at: attribute.path)
    }

    /// A value that no socket took. Without a session it is lost: such as one that comes between the writing of the CCCD and
    /// the socket's existence. Each session makes a signal of its own, and every client hears them all.
    func deliver(_ value: [UInt8], of id: CharacteristicID, to path: ObjectPath) async {
        guard let device = devices[path] else { return }
        if id == RemoteTree.batteryLevel, device.hasBattery, let level = value.first {
            await announce(["Percentage": .byte(level)], of: Interface.battery, at: path)
        }
        guard let attribute = attributes.values.first(where: { $0.device === device && $0.id == id }) else { return }
        for _ in attribute.sessions.values.filter({ $0 }) {
            await announce(["Value": .bytes(value)], of: Interface.characteristic, at: attribute.path)
        }
    }

    // MARK: Acquired sockets

    /// Values that a reader loses who sleeps for a moment.
    private static let overflow = 20

    func acquireNotify(_ call: DBusMethodCall) async throws -> [DBusValue] {
        let attribute = try attribute(at: call.path)
        if faults.strikes(.unknownObject) {
            throw DBusError(name: DBusError.unknownObject, message: "There is no characteristic at \(call.path).")
        }
        guard let link = attribute.device.link else { throw DBusError.noLink }
        guard attribute.notifyAcquisition == nil, !faults.strikes(.notificationsHeld) else { throw DBusError.notPermitted("Notify acquired") }
        guard attribute.sessions.isEmpty else { throw DBusError.inProgress }
        guard attribute.properties.contains(.notify) else { throw DBusError.notSupported }
        let id = makeNumber()
        attribute.notifyAcquisition = RemoteAttribute.Acquisition(id: id, owner: call.sender)
        let answer = await register(attribute, over: link)
        do {
            _ = try bytes(of: answer, over: link)
            guard attribute.device.link === link, attribute.notifyAcquisition?.id == id else { throw DBusError.noLink }
        } catch {
            if attribute.notifyAcquisition?.id == id { attribute.notifyAcquisition = nil }
            guard case .error = answer else { throw error }
            // 5.66 forgets the caller when the CCCD is refused: it gets no answer at all.
            _ = await bus.untilDisconnected()
            throw error
        }
        var pair = try SeqpacketPair()
        guard let own = pair.takeFirst(), let theirs = pair.takeSecond() else { throw DBusError.failed("Input/output error") }
        let closed: @Sendable () -> Void = { [work] in work.add { await self.notifyClosed(call.path, id) } }
        attribute.notifyAcquisition?.token = try receiver.add(try own.duplicate()) { event in
            switch event {
            case .packets: break
            case .ended: closed()
            case .failed: closed()
            }
        }
        let socket = AcquiredSocket(own)
        if faults.strikes(.muteSocket) { socket.mute() }
        if faults.strikes(.socketOverflow) { socket.drop(Self.overflow) }
        attribute.notifyAcquisition?.socket = socket
        link.setSocket(socket, for: attribute.id)
        await announce(["NotifyAcquired": .boolean(true)], of: Interface.characteristic, at: attribute.path)
        return [.unixFD(DescriptorSlot(theirs)), .uint16(UInt16(clamping: link.maximumTransmissionUnit))]
    }

    func acquireWrite(_ call: DBusMethodCall) async throws -> [DBusValue] {
        let attribute = try attribute(at: call.path)
        guard let link = attribute.device.link else { throw DBusError.noLink }
        guard attribute.writeAcquisition == nil else { throw DBusError.notPermitted("Write acquired") }
        guard attribute.properties.contains(.writeWithoutResponse) else { throw DBusError.notSupported }
        var pair = try SeqpacketPair()
        guard let own = pair.takeFirst(), let theirs = pair.takeSecond() else { throw DBusError.failed("Input/output error") }
        let id = makeNumber()
        let characteristic = attribute.id
        let closed: @Sendable () -> Void = { [work] in work.add { await self.writeClosed(call.path, id) } }
        let token = try receiver.add(own) { event in
            switch event {
            case .packets(let packets):
                for position in 0..<packets.count {
                    link.tell(.command(unsafe packets.withBytes(of: position) { unsafe Array($0) }, characteristic))
                }
            case .ended: closed()
            case .failed: closed()
            }
        }
        attribute.writeAcquisition = RemoteAttribute.Acquisition(id: id, owner: call.sender, socket: nil, token: token)
        await announce(["WriteAcquired": .boolean(true)], of: Interface.characteristic, at: attribute.path)
        return [.unixFD(DescriptorSlot(theirs)), .uint16(UInt16(clamping: link.maximumTransmissionUnit))]
    }

    private func notifyClosed(_ path: ObjectPath, _ id: UInt64) async {
        guard let attribute = attributes[path], attribute.notifyAcquisition?.id == id else { return }
        await releaseNotify(attribute)
    }

    private func writeClosed(_ path: ObjectPath, _ id: UInt64) async {
        guard let attribute = attributes[path], attribute.writeAcquisition?.id == id else { return }
        await releaseWrite(attribute)
    }

    private func releaseNotify(_ attribute: RemoteAttribute) async {
        guard let acquisition = attribute.notifyAcquisition else { return }
        attribute.notifyAcquisition = nil
        attribute.device.link?.setSocket(nil, for: attribute.id)
        acquisition.socket?.close()
        if let token = acquisition.token { receiver.remove(token) }
        if !acquisition.isMute { unregister(attribute) }
        await announce(["NotifyAcquired": .boolean(false)], of: Interface.characteristic, at: attribute.path)
    }

    private func releaseWrite(_ attribute: RemoteAttribute) async {
        guard let acquisition = attribute.writeAcquisition else { return }
        attribute.writeAcquisition = nil
        if let token = acquisition.token { receiver.remove(token) }
        await announce(["WriteAcquired": .boolean(false)], of: Interface.characteristic, at: attribute.path)
    }

    // MARK: What ends subscriptions

    /// A client left the bus: its sessions end; its acquired sockets say nothing more, but stay open until it closes them.
    func endSessions(of client: String, on attribute: RemoteAttribute) async {
        await endSession(of: client, on: attribute)
        guard attribute.notifyAcquisition?.owner == client, attribute.notifyAcquisition?.isMute == false else { return }
        attribute.notifyAcquisition?.isMute = true
        attribute.notifyAcquisition?.socket?.mute()
        unregister(attribute)
    }

    /// The link ended: sockets end, sessions wait for the next link.
    func linkEnded(_ attribute: RemoteAttribute) async {
        attribute.registrations = 0
        for client in attribute.sessions.keys { attribute.sessions[client] = false }
        if attribute.notifyAcquisition != nil {
            attribute.notifyAcquisition?.isMute = true
            await releaseNotify(attribute)
        }
        if attribute.writeAcquisition != nil { await releaseWrite(attribute) }
    }

    /// A new link: sessions of clients that are still here go on.
    func resume(_ attribute: RemoteAttribute, over link: Link) async {
        for (client, isRegistered) in attribute.sessions where !isRegistered { _ = await begin(client, on: attribute, over: link) }
    }

    // MARK: The CCCD

    /// Counts one who wants values; the first writes the CCCD, others wait for the same answer.
    private func register(_ attribute: RemoteAttribute, over link: Link) async -> LinkAnswer {
        attribute.registrations += 1
        if attribute.configuring != nil {
            return await withCheckedContinuation { attribute.configuring?.append($0) }
        }
        guard attribute.registrations == 1 else { return .done([]) }
        attribute.configuring = []
        let answer = await link.ask(.subscribe(true, attribute.id))
        let others = attribute.configuring ?? []
        attribute.configuring = nil
        if case .done = answer {} else { attribute.registrations = 0 }
        for other in others { other.resume(returning: answer) }
        return answer
    }

    private func unregister(_ attribute: RemoteAttribute) {
        guard attribute.registrations > 0 else { return }
        attribute.registrations -= 1
        if attribute.registrations == 0 { attribute.device.link?.tell(.subscribe(false, attribute.id)) }
    }

    // MARK: Battery

    /// What the battery plugin does with every device that has the service: the level appears as Battery1.
    func readBattery(of device: Device, over link: Link) async {
        guard let attribute = attributes.values.first(where: { $0.device === device && $0.id == RemoteTree.batteryLevel }) else { return }
        // The plugin would make bluetoothd pair unasked; what comes of that is left to operations of clients.
        guard let security = link.definitions[attribute.id]?.security, link.level >= security else { return }
        guard case .done(let value) = await link.ask(.read(attribute.id)), let level = value.first else { return }
        guard case .done = await register(attribute, over: link), device.link === link, !device.hasBattery else { return }
        device.hasBattery = true
        do {
            try await bus.export([ExportedInterface(Interface.battery, properties: ["Percentage": .byte(level)])], at: device.path)
        } catch {
            logger.error("the battery could not be exported", metadata: ["path": "\(device.path)", "error": "\(error)"])
        }
    }
}
