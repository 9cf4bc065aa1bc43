/// Why the files could not be used.
package enum StoreError: Error, Sendable, Hashable, CustomStringConvertible {
    case notHere(String)
    /// What was sent is not what was announced.
    case digestDiffers(String)
    case tooLarge(String)
    /// The reserve of the volume would be touched.
    case noRoom(String)
    /// The operating system refused; the text names file and call.
    case failed(String)

    package var description: String {
        switch self {
        case .notHere(let text), .digestDiffers(let text), .tooLarge(let text), .noRoom(let text), .failed(let text): text
        }
    }
}
