/// What stands in a recording's sidecar.
package struct SidecarContent: Sendable {
    package let gateway: GatewayID
    package let recording: RecordingInfo
    package let deliveries: [DeliveryInfo]
    package let extracts: [Extract]
}
