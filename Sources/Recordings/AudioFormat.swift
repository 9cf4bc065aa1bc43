/// What the bytes of a recording are. Raw values stand in the ledger and in the API, and are the ends of file names.
package enum AudioFormat: String, Sendable, Hashable, Codable, CaseIterable {
    /// Ogg Opus (RFC 7845): what cards make.
    case opus
    case wav, flac, mp3
    /// AAC or ALAC in an ISO media file.
    case m4a

    /// As it stands in `Content-Type`.
    package var mediaType: String {
        switch self {
        case .opus: "audio/ogg; codecs=opus"
        case .wav: "audio/wav"
        case .flac: "audio/flac"
        case .mp3: "audio/mpeg"
        case .m4a: "audio/mp4"
        }
    }

    /// The end of a file's name.
    package var fileExtension: String { rawValue }

    /// For a person.
    package var name: String {
        switch self {
        case .opus: "Ogg Opus"
        case .wav: "WAV"
        case .flac: "FLAC"
        case .mp3: "MP3"
        case .m4a: "M4A"
        }
    }

    /// All of them, for a person.
    package static let names = "Ogg Opus, WAV, FLAC, MP3 and M4A"
}

/// Where the start of a recording that came as a file is known from. Raw values stand in the ledger and in the API.
package enum StartSource: String, Sendable, Hashable, Codable, CaseIterable {
    /// Somebody said so.
    case person
    /// It stands in the file.
    case file
    /// It stands in the file's name.
    case name
    /// When the file was last written.
    case modified

    /// How far such a time is to be believed.
    package var trust: ClockTrust {
        switch self {
        case .person: .set
        case .file, .name, .modified: .estimated
        }
    }

    /// For a person: "It started then, by …"
    package var text: String {
        switch self {
        case .person: "by what was said when it was imported"
        case .file: "by what the file says"
        case .name: "by the file's name"
        case .modified: "by when the file was last written"
        }
    }
}
