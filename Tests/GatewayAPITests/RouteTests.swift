import GatewayAPI
import Testing

@Suite struct RouteTests {
    @Test func aPathIsEncoded() {
        #expect(Routes.recording.path("anna/214") == "/v1/recordings/anna%2F214")
        #expect(Routes.annotation.path("rec_1", "tasks") == "/v1/recordings/rec_1/annotations/tasks")
        #expect(Routes.recordings.path(query: ["card": "anna & ben", "since": nil, "limit": "5"]) == "/v1/recordings?card=anna%20%26%20ben&limit=5")
    }

    @Test func noTwoRoutesAreTheSame() {
        #expect(Set(Routes.all.map(\.description)).count == Routes.all.count)
        #expect(Routes.all.count > 30)
    }

    /// The read socket serves these, so they must not change anything.
    @Test func whatTheReadScopeAllowsIsGet() {
        for route in Routes.all where route.right == .needs(.read) || route.right == .open { #expect(route.method == .get) }
    }

    @Test(arguments: ["read", "cards", "pair", "screen", "record", "audio", "events", "admin", "import", "queue:decode", "annotate:risk"])
    func scopesAreReadAsTheyAreWritten(text: String) {
        #expect(Scope(text)?.description == text)
    }

    @Test(arguments: ["", "root", "queue:", "queue", "queue:a/b", "annotate:../x", "queue:A", "queue:" + String(repeating: "a", count: 65)])
    func whatIsNoScopeIsRefused(text: String) {
        #expect(Scope(text) == nil)
    }

    @Test(arguments: ["anna/214", "ä €", "%41", "", "a+b"])
    func percentEncodingIsUndone(text: String) {
        #expect(PercentEncoding.decode(PercentEncoding.encode(text)) == text)
    }

    @Test(arguments: ["%", "%4", "%zz", "%+1", "%-0", "%ff"])
    func brokenPercentEncodingIsRefused(text: String) {
        #expect(PercentEncoding.decode(text) == nil)
    }
}
