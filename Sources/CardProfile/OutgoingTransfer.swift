internal import Bytes
internal import Recordings

/// One transfer as the card sends it (Recorder Card Profile, READ and Transfer): values of equal length by credit, then the last
/// one with the checksum.
package struct OutgoingTransfer: Sendable {
    package enum Step: Hashable, Sendable {
        /// Notify this on Transfer, then ask again unless it is the last.
        case send([UInt8], isLast: Bool)
        /// Nothing until credit or an abort comes. The link ends after `CardServer.creditPatience`.
        case waitForCredit
        /// Nothing until the recording that is followed grows or is complete.
        case waitForData
        /// No transfer is under way.
        case idle
    }

    private enum Source: Sendable {
        /// Up to `end`; nil: follows the recording while it grows.
        case recording(UInt32, position: UInt64, end: UInt64?)
        /// `rest` is what is left of the entry being sent; `left` counts entries not yet begun.
        case entries(object: UInt32, next: UInt32?, left: UInt64, rest: ArraySlice<UInt8>)
    }

    let tag: UInt8
    let willFollow: UInt64
    private let room: Int
    private var source: Source
    private var limit: UInt32
    private var sent: UInt32 = 0
    private var checksum = CRC32C()
    private var isAborted = false

    init(
        tag: UInt8, object: UInt32, offset: UInt64, length: UInt64, limit: UInt32, valueLength: Int, _ state: some CardState
    ) throws(ControlResult) {
        self.tag = tag
        self.limit = limit
        room = valueLength - TransferNotification.headerSize
        switch object {
        case ObjectNumber.list, ObjectNumber.releasedList, ObjectNumber.eventLog:
            let most = length == 0 ? UInt64.max : length
            let first = UInt32(exactly: offset)
            source = .entries(object: object, next: first, left: most, rest: [])
            let size = object == ObjectNumber.eventLog ? EventEntry.size : ListEntry.size
            let count = first.map { UInt64(clamping: state.count(of: object, from: $0)) } ?? 0
            willFollow = min(count, most).multipliedReportingOverflow(by: UInt64(size)).partialValue
        case ObjectNumber.recordings:
            guard let listed = state.recording(object) else { throw .noSuchObject }
            guard offset <= listed.size else { throw .offsetPastEnd }
            if length == ObjectNumber.follow, state.features.capabilities.contains(.readFollows) {
                source = .recording(object, position: offset, end: nil)
                willFollow = length
            } else {
                let left = listed.size - offset
                willFollow = length == 0 ? left : min(length, left)
                source = .recording(object, position: offset, end: offset + willFollow)
            }
        default: throw .noSuchObject
        }
    }

    mutating func obey(_ command: TransferCommand.Kind) {
        switch command {
        case .credit(let limit): self.limit = max(self.limit, limit)
        case .abort: isAborted = true
        }
    }

    mutating func nextStep(_ state: some CardState) -> Step {
        if isAborted { return end(.aborted) }
        switch source {
        case .recording(let number, let position, let end): return nextPart(of: number, position, end, state)
        case .entries(let object, let next, let left, let rest): return nextEntries(of: object, next, left, rest, state)
        }
    }

    private mutating func nextPart(of number: UInt32, _ position: UInt64, _ fixedEnd: UInt64?, _ state: some CardState) -> Step {
        var end = fixedEnd ?? position
        var isGrowing = false
        if fixedEnd == nil {
            guard let listed = state.recording(number) else { return self.end(.aborted) }
            end = listed.size
            // Stopped is not yet complete: the last of it may still be on its way into the storage.
            isGrowing = listed.flags.isDisjoint(with: [.complete, .deletedByUser, .lost])
        }
        let count = min(UInt64(room), end > position ? end - position : 0)
        // Values are equally long, so a recording that grows is sent a whole value at a time.
        if isGrowing, count < room { return .waitForData }
        guard count > 0 else { return self.end(.success) }
        guard sent < limit else { return .waitForCredit }
        guard let bytes = state.read(number, at: position, count: Int(count)) else { return self.end(.storageFault) }
        source = .recording(number, position: position + count, end: fixedEnd)
        return data(bytes)
    }

    private mutating func nextEntries(
        of object: UInt32, _ first: UInt32?, _ most: UInt64, _ begun: ArraySlice<UInt8>, _ state: some CardState
    ) -> Step {
        // With nothing begun and nothing to begin the end needs no credit.
        guard !begun.isEmpty || (most > 0 && first.flatMap { Self.entry(of: object, from: $0, state) } != nil) else { return end(.success) }
        guard sent < limit else { return .waitForCredit }
        var (next, left, rest) = (first, most, begun)
        var payload: [UInt8] = []
        payload.reserveCapacity(room)
        while payload.count < room {
            if rest.isEmpty {
                guard left > 0, let from = next, let (number, bytes) = Self.entry(of: object, from: from, state) else { break }
                rest = bytes[...]
                left -= 1
                next = number < .max ? number + 1 : nil
            }
            let part = rest.prefix(room - payload.count)
            payload.append(contentsOf: part)
            rest = rest.dropFirst(part.count)
        }
        // Values are equally long but for the last: what is added behind a shorter one shows in the next READ.
        if payload.count < room { (next, left) = (nil, 0) }
        source = .entries(object: object, next: next, left: left, rest: rest)
        return data(payload[...])
    }

    private static func entry(of object: UInt32, from number: UInt32, _ state: some CardState) -> (number: UInt32, bytes: [UInt8])? {
        if object == ObjectNumber.eventLog { return state.firstEvent(from: number).map { ($0.number, EventEntry.bytes(of: $0)) } }
        return state.firstRecording(from: number, released: object == ObjectNumber.releasedList).map { ($0.number, ListEntry.bytes(of: $0)) }
    }

    private mutating func data(_ payload: ArraySlice<UInt8>) -> Step {
        checksum.update(payload)
        return value(payload, isLast: false)
    }

    private mutating func end(_ result: ControlResult) -> Step {
        value(TransferEnd(checksum: checksum.value, result: result).payload[...], isLast: true)
    }

    private mutating func value(_ payload: ArraySlice<UInt8>, isLast: Bool) -> Step {
        let sequence = UInt16(truncatingIfNeeded: sent)
        sent &+= 1
        return .send(TransferNotification(tag: tag, isLast: isLast, sequence: sequence, payload: payload).bytes, isLast: isLast)
    }
}
