import GATT

/// Swaps every so many values with the next and sends some twice.
final class Swapper: Sendable {
    private let every: Int
    private let state = WaitableState((held: nil as [UInt8]?, swaps: 0))

    init(every: Int) { self.every = every }

    var swaps: Int { state.read { $0.swaps } }

    func carry(_ number: Int, _ value: [UInt8]) -> [[UInt8]] {
        state.change { state in
            let isLast = value.count > 1 && value[1] & 1 == 1
            if let held = state.held {
                state.held = nil
                // Nothing may come behind the last: then it is no swap but a gap.
                if isLast { return [held, value] }
                state.swaps += 1
                return [value, held, value]
            }
            if number % every == 0, !isLast {
                state.held = value
                return []
            }
            return [value]
        }
    }
}
