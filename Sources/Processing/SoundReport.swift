internal import GatewayAPI
internal import OggOpus

/// What decoding found out about a recording: the annotation `audio`.
struct SoundReport: Sendable {
    /// Of the WAV file.
    let rate: Int
    let channels: Int
    /// Gaps included.
    let durationMilliseconds: Int64
    /// dBFS; nil for digital silence.
    let peak: Double?
    let rms: Double?
    /// The stream ends as one that was not cut short.
    let isComplete: Bool
    let gaps: [OpusGap]
    let gapCount: Int
    let missingMilliseconds: Int64

    /// Gaps that stand in the annotation; a recording with more is beyond mending, and `gap_count` says it.
    private static let mostGaps = 1000

    var json: JSONValue {
        .object([
            "rate": .integer(Int64(rate)), "channels": .integer(Int64(channels)), "duration_ms": .integer(durationMilliseconds),
            "peak_dbfs": Self.level(peak), "rms_dbfs": Self.level(rms), "complete": .bool(isComplete),
            "gap_count": .integer(Int64(gapCount)), "missing_ms": .integer(missingMilliseconds),
            "gaps": .array(gaps.prefix(Self.mostGaps).map(Self.json)),
        ])
    }

    private static func json(_ gap: OpusGap) -> JSONValue {
        .object([
            "at_ms": .integer(gap.startMilliseconds), "duration_ms": .integer(gap.durationMilliseconds), "reason": .string(gap.reason.rawValue),
            "offset": .integer(Int64(clamping: gap.offset)), "bytes": .integer(Int64(clamping: gap.bytes)),
        ])
    }

    /// To a tenth of a decibel.
    private static func level(_ value: Double?) -> JSONValue { value.map { .number(($0 * 10).rounded() / 10) } ?? .null }
}
