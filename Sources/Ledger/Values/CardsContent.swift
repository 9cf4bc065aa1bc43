/// What stands in cards.json.
package struct CardsContent: Sendable {
    package let gateway: GatewayID
    package let extracts: [Extract]
}
