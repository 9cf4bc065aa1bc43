import Bytes
import CardProfile
import Recordings
import Testing

/// Whatever a stranger sends is read or refused, never a crash.
@Suite struct HostileBytesTests {
    @Test func everyPrefixOfEveryStructureIsReadOrRefused() throws {
        let random = (0..<256).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ 13) }
        var refused = 0
        for opcode in UInt8.min ... .max {
            for length in 0..<64 {
                var bytes = Array(random[Int(opcode) % 64..<Int(opcode) % 64 + length])
                if length > 0 { bytes[0] = opcode }
                let slice = bytes[...]
                do { _ = try Features(slice) } catch { refused += 1 }
                do { _ = try Status(slice) } catch { refused += 1 }
                do { _ = try AdvertisingPayload(slice) } catch { refused += 1 }
                do { _ = try ListEntry.read(slice) } catch { refused += 1 }
                do { _ = try EventEntry.read(slice) } catch { refused += 1 }
                do { _ = try ControlResponse(slice) } catch { refused += 1 }
                do { _ = try TransferCommand(slice) } catch { refused += 1 }
                do { _ = try TransferEnd(slice) } catch { refused += 1 }
                #expect((TransferNotification(slice) == nil) == (length < 4))
                #expect((ReceivedRequest(slice) == nil) == (length < 2))
            }
        }
        #expect(refused > 256 * 64, "short ones are refused: \(refused)")
    }

    @Test func aMajorVersionThatIsNotKnownIsRefusedByName() {
        var bytes = Features(capabilities: [], generation: 1, buttons: 1, screenColumns: 0, screenRows: 0).bytes
        bytes[0] = 2
        #expect {
            try Features(bytes[...])
        } throws: { error in
            (error as? ProfileError)?.code == .version && "\(error)".contains("2.0")
        }
    }

    @Test func sizesInFeaturesMayGrowAndNeverShrink() throws {
        var bytes = Features(capabilities: .owner, generation: 7, buttons: 2, screenColumns: 16, screenRows: 3).bytes
        (bytes[1], bytes[2], bytes[3]) = (9, 64, 40)
        let features = try Features((bytes + [1, 2, 3])[...])
        #expect(features.listEntrySize == 64 && features.eventSize == 40 && features.minor == 9)
        bytes[2] = 47
        #expect(throws: ProfileError.self) { try Features(bytes[...]) }
    }
}
