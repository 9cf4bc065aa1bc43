/// `anna/214` or `SERIAL/GENERATION/r214`.
struct NumberReference {
    /// A card's name; with a generation its serial number.
    let card: String
    let generation: UInt32?
    let number: UInt32

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        switch parts.count {
        case 2:
            guard let number = UInt32(parts[1]), !parts[0].isEmpty else { return nil }
            (card, generation, self.number) = (String(parts[0]), nil, number)
        case 3:
            guard parts[1].utf8.count == 8, let generation = UInt32(parts[1], radix: 16), parts[2].first == "r",
                let number = UInt32(parts[2].dropFirst())
            else { return nil }
            (card, self.generation, self.number) = (String(parts[0]), generation, number)
        default: return nil
        }
    }
}
