import Bytes
import Testing

@Suite struct ByteSizeTests {
    @Test(arguments: [
        ("0", 0), ("4096", 4096), ("2 GiB", 2 << 30), ("512MiB", 512 << 20), ("1.5 GB", 1_500_000_000), ("0.125 KiB", 128), ("10 B", 10),
        ("8388607 TiB", 8_388_607 << 40),
    ])
    func aSizeIsRead(text: String, bytes: UInt64) {
        #expect(ByteSize.parse(text) == bytes)
    }

    @Test(arguments: ["", "GiB", "2 gib", "-1", "+1", "1.2345 GB", "1.", ".5", "1 2", "8388608 TiB", "99999999999999999999", "2 GiB x", "１"])
    func whatIsNoSizeIsRefused(text: String) {
        #expect(ByteSize.parse(text) == nil)
    }

    @Test(arguments: [
        (0, "0 B"), (1023, "1023 B"), (1024, "1.00 KiB"), (610_000, "595 KiB"), (1_457_000, "1.38 MiB"), (UInt64.max, "16777215 TiB"),
    ])
    func aSizeIsShownWithThreeFigures(bytes: UInt64, text: String) {
        #expect(ByteSize.text(bytes) == text)
    }
}
