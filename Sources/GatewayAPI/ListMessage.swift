/// One page of a list: `{"items":[…],"next":"…"}`.
package struct ListMessage<Item: Codable & Sendable & Hashable>: Codable, Sendable, Hashable {
    package let items: [Item]
    /// Handed back as `?cursor=`; nil on the last page.
    package let next: String?

    package init(_ items: [Item], next: String? = nil) {
        self.items = items
        self.next = next
    }
}
