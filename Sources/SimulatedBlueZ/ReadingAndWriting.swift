internal import DBus
internal import GATT

/// GattCharacteristic1's and GattDescriptor1's reads and writes.
extension Bluetoothd {
    func attribute(at path: ObjectPath) throws(DBusError) -> RemoteAttribute {
        guard let attribute = attributes[path] else {
            throw DBusError(name: DBusError.unknownObject, message: "There is no characteristic at \(path).")
        }
        return attribute
    }

    func readValue(_ call: DBusMethodCall) async throws -> [DBusValue] {
        let attribute = try attribute(at: call.path)
        guard let link = attribute.device.link else { throw DBusError.noLink }
        let options = try GattOptions(try call.arguments.argument(0, "a dictionary", \.asProperties))
        if let reading = attribute.reading, reading.offset != options.offset { throw DBusError.inProgress }
        let answer =
            if attribute.reading != nil {
                // Whoever reads the same meanwhile gets the same answer.
                await withCheckedContinuation { attribute.reading?.others.append($0) }
            } else {
                await read(attribute, options.offset, over: link)
            }
        return [.bytes(try bytes(of: answer, over: link))]
    }

    private func read(_ attribute: RemoteAttribute, _ offset: Int, over link: Link) async -> LinkAnswer {
        attribute.reading = (offset, [])
        var answer = await link.ask(.read(attribute.id))
        if case .done(let value) = answer {
            if offset > value.count {
                answer = .error(0x07)
            } else {
                answer = .done(Array(value[offset...]))
                await announce(["Value": .bytes(value)], of: Interface.characteristic, at: attribute.path)
            }
        }
        let others = attribute.reading?.others ?? []
        attribute.reading = nil
        for other in others { other.resume(returning: answer) }
        return answer
    }

    /// Core 5.4, Vol 3, Part F, 3.2.9.
    private static let longestValue = 512

    func writeValue(_ call: DBusMethodCall) async throws -> [DBusValue] {
        let attribute = try attribute(at: call.path)
        guard let link = attribute.device.link else { throw DBusError.noLink }
        guard attribute.writeAcquisition == nil else { throw DBusError.notPermitted("Write acquired") }
        guard !attribute.isWriting else { throw DBusError.inProgress }
        let value = try call.arguments.argument(0, "bytes", \.asBytes)
        let options = try GattOptions(try call.arguments.argument(1, "a dictionary", \.asProperties))
        let fits = value.count <= link.maximumTransmissionUnit - 3 && options.offset == 0
        let isRequest = options.type.map { $0 == "request" } ?? attribute.properties.contains(.write)
        guard !isRequest else {
            // A longer value needs Prepare Write Requests, which no card here has.
            guard fits else { throw DBusError(att: ATTError.requestNotSupported.code) }
            // The device's bluetoothd refuses it, though ATT_MTU is 517.
            guard value.count <= Self.longestValue else { throw DBusError(att: ATTError.invalidLength.code) }
            attribute.isWriting = true
            let answer = await link.ask(.write(value, attribute.id))
            attribute.isWriting = false
            _ = try bytes(of: answer, over: link)
            return []
        }
        guard options.type.map({ $0 == "command" }) ?? attribute.properties.contains(.writeWithoutResponse) else { throw DBusError.notSupported }
        guard fits else { throw DBusError.failed("Failed to initiate write") }
        link.tell(.command(value, attribute.id))
        return []
    }

    /// What an answer holds, or the error that the client gets.
    ///
    /// Where security is missing, bluetoothd pairs unasked and by Just Works; the cards refuse that, the link is dropped, and
    /// all that the client sees is error 0x0E.
    func bytes(of answer: LinkAnswer, over link: Link) throws(DBusError) -> [UInt8] {
        switch answer {
        case .done(let bytes): return bytes
        case .error(let code) where code == ATTError.insufficientAuthentication.code || code == ATTError.insufficientEncryption.code:
            link.end()
            throw DBusError(att: ATTError.unlikelyError.code)
        case .error(let code): throw DBusError(att: code)
        case .gone, .refused, .offer: throw DBusError(att: ATTError.unlikelyError.code)
        }
    }

    // MARK: Client Characteristic Configuration

    func readDescriptor(_ call: DBusMethodCall) async throws -> [DBusValue] {
        guard let path = call.path.parent else { throw DBusError.noLink }
        let attribute = try attribute(at: path)
        guard let link = attribute.device.link else { throw DBusError.noLink }
        let isSet = link.subscriptions.contains(attribute.id)
        let bit: UInt8 = attribute.properties.contains(.notify) ? 1 : 2
        return [.bytes([isSet ? bit : 0, 0])]
    }

    /// Only StartNotify and AcquireNotify set it.
    func writeDescriptor(_ call: DBusMethodCall) async throws -> [DBusValue] {
        guard let path = call.path.parent, try attribute(at: path).device.link != nil else { throw DBusError.noLink }
        throw DBusError.notPermitted("Write not permitted")
    }
}
