/// What the card's microphone hears: a clip over and over.
package struct Microphone: Sendable {
    private let clip: [Int16]

    /// - Parameter clip: mono at 16 kHz; nothing is silence.
    package init(_ clip: [Int16] = []) { self.clip = clip }

    func samples(_ range: Range<Int>) -> [Int16] {
        clip.isEmpty ? Array(repeating: 0, count: range.count) : range.map { clip[$0 % clip.count] }
    }
}
