import GATT
import Testing

@Suite struct DeviceAddressTests {
    @Test(arguments: ["00:11:22:33:44:55", "AA:BB:CC:DD:EE:FF", "a0:b1:c2:d3:e4:f5"])
    func isWrittenAsItWasRead(text: String) throws {
        #expect(try #require(DeviceAddress(text, kind: .public)).description == text.uppercased())
    }

    @Test(arguments: [
        "", "00:11:22:33:44", "00:11:22:33:44:5", "00:11:22:33:44:+5", "-0:11:22:33:44:55", "00:11:22:33:44:5g", "00:11:22:33:44:\u{FF15}",
    ])
    func refusesWhatIsNone(text: String) {
        #expect(DeviceAddress(text, kind: .public) == nil)
    }
}
