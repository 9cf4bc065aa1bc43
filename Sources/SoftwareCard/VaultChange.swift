/// What one turn of a card changed.
package struct VaultChange: Sendable {
    package struct Append: Sendable {
        package let object: ObjectID
        package let offset: Int
        package let bytes: ArraySlice<UInt8>
    }

    package var appended: [Append] = []
    package var snapshot: [UInt8]
    package var erased: [ObjectID] = []
}
