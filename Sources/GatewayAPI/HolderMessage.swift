package import Recordings

/// A person who carries cards.
package struct HolderMessage: Codable, Hashable, Sendable {
    /// What the owner calls the person in other systems, as `anna@example.com`.
    package let id: String
    package let name: String
    package let groups: [String]

    package init(id: String, name: String, groups: [String]) {
        self.id = id
        self.name = name
        self.groups = groups
    }
}

/// `POST /v1/holders`: adds a holder; `conflict` when there is one of this id already.
package struct HolderRequest: RequestBody {
    package let id: String
    package let name: String
    package let groups: [String]?

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case id, name, groups
    }
    package static let shape = FieldShape.fields(CodingKeys.self)

    package init(id: String, name: String, groups: [String]? = nil) {
        self.id = id
        self.name = name
        self.groups = groups
    }
}

/// `PUT /v1/holders/ID`: name and groups from now on; adds the holder when there is none of that id.
package struct PutHolderRequest: RequestBody {
    package let name: String
    package let groups: [String]?

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case name, groups
    }
    package static let shape = FieldShape.fields(CodingKeys.self)

    package init(name: String, groups: [String]? = nil) {
        self.name = name
        self.groups = groups
    }
}

/// `PUT /v1/cards/ID/holder`
package struct AssignCardRequest: RequestBody {
    /// A holder's id; nil takes the card from whoever has it.
    package let holder: String?
    /// From when; nil is now.
    package let from: UTCTime?

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case holder, from
    }
    package static let shape = FieldShape.fields(CodingKeys.self)

    package init(holder: String? = nil, from: UTCTime? = nil) {
        self.holder = holder
        self.from = from
    }
}
