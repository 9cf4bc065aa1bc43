/// Why a card may not be read by this gateway, for the person who has to settle it.
struct SessionRefusal: Error {
    let reason: String
}
