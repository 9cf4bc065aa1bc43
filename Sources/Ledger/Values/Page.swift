/// A part of a list.
package struct Page<Item: Sendable>: Sendable {
    package let items: [Item]
    /// Hand it back to go on; nil at the end.
    package let next: String?
}
