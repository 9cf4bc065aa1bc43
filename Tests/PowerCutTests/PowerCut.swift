/// What the disk holds when the power goes: all that was synchronised, and of the rest what the draws say.
///
/// Half of the cuts are a disk that kept the calls' order: everything up to a drawn call, whose write is torn. The others kept any of the
/// changes, independently, and of each write any of its sectors: what was never written reads as zeros when something behind it was.
struct PowerCut {
    static let sector = 512

    private let model: DiskModel
    private var draws: Draws
    /// What is kept of a change: nothing, all, or any of its sectors.
    private enum Fate { case lost, kept, torn }

    private init(_ model: DiskModel, _ draws: Draws) {
        self.model = model
        self.draws = draws
    }

    static func state(of model: DiskModel, _ draws: inout Draws) -> DiskState {
        var cut = PowerCut(model, draws)
        let state = cut.state()
        draws = cut.draws
        return state
    }

    private mutating func state() -> DiskState {
        let fate = draws.chance(50) ? ordered() : anyOf()
        var names = model.syncedNames
        for change in model.pendingNames where fate(change.number, &draws) != .lost { DiskModel.apply(change, to: &names) }
        var state = DiskState()
        for (path, index) in names where model.files[index].isFolder { state.folders.insert(path) }
        // A folder that is not there takes what was in it along.
        var lost = state.folders.filter { !Self.isReachable($0, state.folders) }
        while !lost.isEmpty {
            state.folders.subtract(lost)
            lost = state.folders.filter { !Self.isReachable($0, state.folders) }
        }
        for (path, index) in names.sorted(by: { $0.key < $1.key }) where !model.files[index].isFolder && Self.isReachable(path, state.folders) {
            var bytes = model.files[index].synced
            for (number, change) in model.files[index].pending { apply(change, fate(number, &draws), to: &bytes) }
            state.files[path] = bytes
        }
        // SQLite's WAL-index was mapped: anything may be left of it, or nothing.
        if state.files["ledger.sqlite"] != nil, draws.chance(50) {
            state.files["ledger.sqlite-shm"] = (0..<32768).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 7) }
        }
        return state
    }

    private mutating func ordered() -> (UInt64, inout Draws) -> Fate {
        let numbers = (model.pendingNames.map(\.number) + model.files.flatMap { $0.pending.map(\.number) }).sorted()
        let kept = draws.next(numbers.count + 1)
        let last = kept == 0 ? 0 : numbers[kept - 1]
        let tears = draws.chance(50)
        return { number, _ in number > last ? .lost : number == last && tears ? .torn : .kept }
    }

    private mutating func anyOf() -> (UInt64, inout Draws) -> Fate {
        let keeps = [0, 10, 50, 90, 100][draws.next(5)]
        return { _, draws in draws.chance(keeps) ? draws.chance(30) ? .torn : .kept : .lost }
    }

    private mutating func apply(_ change: DiskModel.FileChange, _ fate: Fate, to bytes: inout [UInt8]) {
        guard fate != .lost else { return }
        guard fate == .torn, case .write(let offset, let data) = change else { return DiskModel.apply(change, to: &bytes) }
        var place = offset
        while place < offset + data.count {
            let end = min(offset + data.count, (place / Self.sector + 1) * Self.sector)
            let part = data[data.startIndex + place - offset..<data.startIndex + end - offset]
            if draws.chance(50) { DiskModel.apply(.write(at: place, part), to: &bytes) }
            place = end
        }
    }

    private static func isReachable(_ path: String, _ folders: Set<String>) -> Bool {
        guard let end = path.lastIndex(of: "/") else { return true }
        return folders.contains(String(path[..<end]))
    }
}
