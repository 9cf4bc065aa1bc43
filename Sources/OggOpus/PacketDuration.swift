/// How long an Opus packet plays, from its first bytes (RFC 6716, 3.1 and 3.2).
package enum PacketDuration {
    /// The longest packet: 120 ms.
    package static let longest = 5760

    /// Samples at 48 kHz; nil when the packet is malformed by RFC 6716, 3.4 (no bytes, no frames, more than 120 ms).
    package static func samples(of packet: some Collection<UInt8>) -> Int? {
        guard let toc = packet.first else { return nil }
        let frame = frameSamples(configuration: Int(toc >> 3))
        let frames: Int
        switch toc & 3 {
        case 0: frames = 1
        case 1:
            // R3: both frames are of the same size.
            guard packet.count % 2 == 1 else { return nil }
            frames = 2
        case 2: frames = 2
        default:
            guard let count = packet.dropFirst().first else { return nil }
            frames = Int(count & 0x3F)
        }
        let samples = frame * frames
        return (1...longest).contains(samples) ? samples : nil
    }

    /// RFC 6716, table 2: SILK 10, 20, 40, 60 ms; hybrid 10, 20 ms; CELT 2.5, 5, 10, 20 ms.
    private static func frameSamples(configuration: Int) -> Int {
        switch configuration {
        case 0..<12: [480, 960, 1920, 2880][configuration & 3]
        case 12..<16: [480, 960][configuration & 1]
        default: [120, 240, 480, 960][configuration & 3]
        }
    }
}
