/// The state folder holds bonds that cannot be read.
struct UnreadableBonds: Error, CustomStringConvertible {
    let path: String
    let reason: String
    var description: String { "\(path): \(reason)" }
}
