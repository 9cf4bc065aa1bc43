/// What a card says that is not so. It survives every reboot, as firmware does.
struct CardLies: Sendable {
    let digests: DigestFaults
    let lists: ListFaults
}
