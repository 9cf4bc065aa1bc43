package import Recordings

/// A person who carries cards.
package struct HolderInfo: Sendable, Hashable {
    package let id: HolderID
    /// What the owner calls the person in other systems, as `anna@example.com`; unique.
    package let handle: String
    package let name: String
    package let groups: [String]

    package init(id: HolderID, handle: String, name: String, groups: [String]) {
        self.id = id
        self.handle = handle
        self.name = name
        self.groups = groups
    }
}
