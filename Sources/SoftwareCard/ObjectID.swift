/// Names the bytes of a recording for ever.
package struct ObjectID: Hashable, Sendable {
    package let generation: UInt32
    package let number: UInt32

    package init(generation: UInt32, number: UInt32) {
        self.generation = generation
        self.number = number
    }
}
