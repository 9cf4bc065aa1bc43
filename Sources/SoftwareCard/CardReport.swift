package import GATT
package import Recordings

/// A card at one moment, for who looks at it from its own side.
package struct CardReport: Sendable, Hashable {
    package let serial: CardSerial
    package let generation: UInt32
    package let boot: UInt16
    package let time: CardTime
    package let isConnected: Bool
    package let isInPairingMode: Bool
    package let hasOwner: Bool
    package let bonds: [DeviceAddress]
    package let lastEvent: UInt32
    package let lastAcknowledged: UInt32
    package let droppedEvents: Int
    package let usedBytes: Int
    package let capacity: Int
    package let screen: CardScreen
    /// What the screen shows, line by line.
    package let lines: [String]
    /// In rising number, with those that its user deleted or a fault took.
    package let recordings: [HeldRecording]
}

extension SoftwareCard {
    package func report() -> CardReport {
        var screen = memory.screen
        screen.passkey = link?.passkey
        screen.question = link?.question
        return CardReport(
            serial: settings.serial, generation: memory.generation, boot: memory.clock.boot, time: memory.clock.time(), isConnected: link != nil,
            isInPairingMode: memory.pairingUntil != nil, hasOwner: memory.ownerKey != nil, bonds: memory.bonds, lastEvent: memory.log.last,
            lastAcknowledged: memory.log.acknowledged, droppedEvents: memory.log.dropped, usedBytes: memory.used, capacity: settings.capacity,
            screen: screen, lines: screen.lines(columns: Int(settings.screenColumns), rows: Int(settings.screenRows)),
            recordings: memory.recordings.map { HeldRecording($0) })
    }

    /// The bytes of an object that the card still holds, for proofs.
    package func object(_ number: UInt32) throws -> [UInt8] {
        guard let stored = memory.stored(number), stored.removalEvent == 0 else {
            throw SoftwareCardError(.noSuchRecording, "The card holds no recording \(number).")
        }
        return stored.bytes
    }

    /// Waits until a report has what `find` looks for. Throws `CancellationError`.
    package nonisolated func when<R: Sendable>(_ find: @Sendable (CardReport) -> R?) async throws -> R {
        while true {
            let seen = news.read { $0 }
            if let found = find(await report()) { return found }
            try await news.when { $0 == seen ? nil : () }
        }
    }
}
