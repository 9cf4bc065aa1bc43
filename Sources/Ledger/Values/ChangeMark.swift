/// How often topics had changed at a moment.
package struct ChangeMark: Sendable, Hashable {
    let counts: [Topic: UInt64]
}
