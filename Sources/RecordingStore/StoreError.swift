/// Why the files could not be used.
package enum StoreError: Error, Sendable, Hashable, CustomStringConvertible {
    case notHere(String)
    /// What was sent is not what was announced.
    case digestDiffers(String)
    case tooLarge(String)
    /// What was brought is no recording of a kind that is taken: what it looks like.
    case notAudio(String)
    /// The reserve of the volume would be touched.
    case noRoom(String)
    /// The operating system refused; the text names file and call.
    case failed(String)

    package var description: String {
        switch self {
        case .notHere(let text), .digestDiffers(let text), .tooLarge(let text), .notAudio(let text), .noRoom(let text), .failed(let text): text
        }
    }
}
