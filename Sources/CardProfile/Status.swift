internal import Bytes
package import Recordings

/// The Status characteristic (Recorder Card Profile, Status): 32 bytes.
package struct Status: Hashable, Sendable {
    package static let size = 32

    package enum State: Hashable, Sendable {
        case idle, recording, memo, updating
        case other(UInt8)

        init(number: UInt8) {
            switch number {
            case 0: self = .idle
            case 1: self = .recording
            case 2: self = .memo
            case 3: self = .updating
            default: self = .other(number)
            }
        }

        var number: UInt8 {
            switch self {
            case .idle: 0
            case .recording: 1
            case .memo: 2
            case .updating: 3
            case .other(let number): number
            }
        }
    }

    package struct Flags: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let charging = Self(rawValue: 1 << 0)
        package static let clockSet = Self(rawValue: 1 << 1)
        package static let storageFull = Self(rawValue: 1 << 2)
        package static let microphoneFault = Self(rawValue: 1 << 3)
    }

    package var state: State
    package var flags: Flags
    /// Complete recordings not released.
    package var unsynced: UInt16
    /// 0: none.
    package var recordingInProgress: UInt32
    package var totalKiB: UInt32
    /// Space held by released recordings counts as free.
    package var freeKiB: UInt32
    package var time: CardTime
    /// 0: none.
    package var lastEvent: UInt32
    /// By any gateway; 0: none.
    package var lastAcknowledged: UInt32

    package init(
        state: State, flags: Flags, unsynced: UInt16, recordingInProgress: UInt32, totalKiB: UInt32, freeKiB: UInt32, time: CardTime,
        lastEvent: UInt32, lastAcknowledged: UInt32
    ) {
        self.state = state
        self.flags = flags
        self.unsynced = unsynced
        self.recordingInProgress = recordingInProgress
        self.totalKiB = totalKiB
        self.freeKiB = freeKiB
        self.time = time
        self.lastEvent = lastEvent
        self.lastAcknowledged = lastAcknowledged
    }

    /// What a later minor version appended is ignored. Throws `malformed`.
    package init(_ bytes: ArraySlice<UInt8>) throws(ProfileError) {
        do throws(ParseError) {
            var reader = ByteReader(bytes)
            state = State(number: try reader.u8("state"))
            flags = Flags(rawValue: try reader.u8("flags"))
            unsynced = try reader.u16("unsynced")
            recordingInProgress = try reader.u32("recording in progress")
            totalKiB = try reader.u32("total KiB")
            freeKiB = try reader.u32("free KiB")
            let reading = CardTime.Reading(wire: try reader.u48("card time"))
            lastEvent = try reader.u32("last event number")
            time = CardTime(reading, boot: try reader.u16("boot"))
            lastAcknowledged = try reader.u32("last event acknowledged")
        } catch {
            throw ProfileError(.malformed, "The card's Status cannot be read", cause: error)
        }
    }

    package var bytes: [UInt8] {
        var writer = ByteWriter(capacity: Self.size)
        writer.u8(state.number)
        writer.u8(flags.rawValue)
        writer.u16(unsynced)
        writer.u32(recordingInProgress)
        writer.u32(totalKiB)
        writer.u32(freeKiB)
        writer.u48(time.reading.wire)
        writer.u32(lastEvent)
        writer.u16(time.boot)
        writer.u32(lastAcknowledged)
        return writer.bytes
    }
}
