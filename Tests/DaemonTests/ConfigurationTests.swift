import Daemon
import Testing

@Suite struct ConfigurationTests {
    static let whole = """
        [gateway]
        name      = "hq"   # a comment
        time_zone = "UTC"
        clock     = "trusted"

        [radio]
        adapters = ["aa:bb:cc:dd:ee:ff"]
        allow_start_notify = true
        security = "authenticated"

        [storage]
        release = "delivered"
        reserve = "512 MiB"

        [privacy]
        remote_record = true

        [agents.assistant]
        command = ["/opt/agents/assistant.py", "--fast"]

        [destinations.archive]
        kind = "folder"
        path = "/srv/earshot"

        [[import.watch]]
        folder = "/srv/in"
        holder = "anna@example.com"
        kind   = "call"
        then   = "move"

        [[import.watch]]
        folder = "/srv/other/"

        [[routes]]
        when = { event = "recording.stored" }
        do   = [{ destination = "archive" }]

        [[routes]]
        when = { event = "button.pressed", button = "assistant", gesture = ["press", "long"] }
        do   = [
            { screen = "On it" },
            { agent = "assistant" },
        ]
        """

    @Test func everyKeyIsRead() throws {
        let configuration = try Configuration.parse(Self.whole, file: "earshot.toml")
        #expect(configuration.gateway.name == "hq")
        #expect(configuration.gateway.clock == .trusted)
        #expect(configuration.radio.adapters == ["AA:BB:CC:DD:EE:FF"])
        #expect(configuration.radio.allowsStartNotify)
        #expect(configuration.storage.release == .delivered)
        #expect(configuration.storage.reserve == 512 << 20)
        #expect(configuration.privacy.remoteRecord && !Configuration().privacy.remoteRecord)
        #expect(configuration.agents["assistant"]?.command == ["/opt/agents/assistant.py", "--fast"])
        let watched = configuration.watchedFolders
        #expect(watched.map(\.folder) == ["/srv/in", "/srv/other"] && watched.map(\.then) == [.move, .leave])
        #expect(watched[0].holder == "anna@example.com" && watched[0].kind == "call" && watched[1].holder == nil && watched[1].kind == nil)
        #expect(configuration.destinations == ["archive": FolderDestination(path: "/srv/earshot")])
        #expect(
            configuration.routes == [
                RouteSetting(when: .recordingStored, actions: [.destination("archive")]),
                RouteSetting(
                    when: .buttonPressed(buttons: ["assistant"], gestures: ["press", "long"]), actions: [.screen("On it"), .agent("assistant")]),
            ])
    }

    @Test func anEmptyFileIsTheDefault() throws {
        #expect(try Configuration.parse("", file: "f") == Configuration())
        #expect(try Configuration.load("/nowhere/earshot.toml", mustExist: false).configuration == Configuration())
    }

    @Test func aFileThatWasNamedMustExist() {
        let error = #expect(throws: ConfigurationError.self) { try Configuration.load("/nowhere/earshot.toml", mustExist: true) }
        #expect(error?.description == "/nowhere/earshot.toml: There is no such file.")
    }

    /// What is wrong, in which line, and what was probably meant.
    @Test(arguments: [
        ("[radio]\nadaptors = [\"auto\"]", 2, "There is no key \"adaptors\" in [radio].", "adapters"),
        ("\n\n[radoi]\n", 3, "There is no key \"radoi\" in the file.", "radio"),
        ("[storage]\nrelease = \"stord\"", 2, "storage.release is one of stored, delivered.", "stored"),
        ("[storage]\nreserve = \"much\"", 2, "storage.reserve is no size; write it as \"2 GiB\".", nil),
        ("[storage]\nreserve = -1", 2, "storage.reserve is no size; write it as \"2 GiB\".", nil),
        ("[gateway]\nname = 7", 2, "gateway.name is a number; it must be text.", nil),
        ("[gateway]\n\ntime_zone = \"Mars/Base\"", 3, "gateway.time_zone is a name of the time zone database, as Europe/Berlin.", nil),
        ("[agents.a]\n", 1, "agents.a.command is missing.", nil),
        ("[agents.a]\ncommand = [\"python\"]", 2, "agents.a.command begins with the absolute path of a program.", nil),
        ("[destinations.x]\nkind = \"folder\"\npath = \"here\"", 3, "destinations.x.path must be an absolute path.", nil),
        (
            "[destinations.x]\nkind = \"folder\"\npath = \"/a\"\nkey = \"../{id}\"", 4,
            "destinations.x.key is a relative path without empty parts, . or ..", nil
        ),
        (
            "[agents.hello]\ncommand = [\"/h\"]\n[[routes]]\nwhen = { event = \"button.pressed\" }\ndo = [{ agent = \"helo\" }]", 5,
            "There is no [agents.helo] in this file.", "hello"
        ),
        (
            "[[routes]]\nwhen = { event = \"button.pressed\", button = \"asistant\" }\ndo = [{ screen = \"x\" }]", 2,
            "routes.when.button is one of record, assistant, side.", "assistant"
        ),
        ("[[import.watch]]\nholder = \"anna\"", 1, "import.watch.folder is missing.", nil),
        ("[[import.watch]]\nfolder = \"in\"", 2, "import.watch.folder must be an absolute path without .. in it.", nil),
        ("[[import.watch]]\nfolder = \"/in/../etc\"", 2, "import.watch.folder must be an absolute path without .. in it.", nil),
        ("[[import.watch]]\nfolder = \"/in\"\nthen = \"mov\"", 3, "import.watch.then is one of leave, move.", "move"),
        ("[[import.watch]]\nfolder = \"/in\"\nkind = \"cal\"", 3, "import.watch.kind is one of conversation, call, memo.", "call"),
        ("[[import.watch]]\nfoldr = \"/in\"", 2, "There is no key \"foldr\" in [import.watch].", "folder"),
        ("[import]\nwatsh = []", 2, "There is no key \"watsh\" in [import].", "watch"),
        (
            "[[import.watch]]\nfolder = \"/in\"\n[[import.watch]]\nfolder = \"/in/\"", 4, "This folder is watched already.", nil
        ),
        ("[[routes]]\nwhen = { event = \"button.pressed\" }\ndo = []", 1, "routes.do is missing.", nil),
        ("[[routes]]\nwhen = { event = \"recording.stored\" }\ndo = [{ sreen = \"x\" }]", 3, "There is no key \"sreen\" in [routes.do].", "screen"),
    ])
    func aMistakeIsNamedWithItsLine(text: String, line: Int, reason: String, nearest: String?) {
        let error = #expect(throws: ConfigurationError.self) { try Configuration.parse(text, file: "f") }
        #expect(error?.line == line)
        #expect(error?.reason == reason)
        #expect(error?.nearest == nearest)
    }

    @Test(arguments: ["[gateway", "name = ", "a = 1\na = 2", "[gateway]\nname = \"\u{1}\"", "= 3", "a = i\u{1B}[31mnf", "a = [}", "a = [1, # x\n}"])
    func whatIsNoTOMLIsNamedWithItsLine(text: String) {
        let error = #expect(throws: ConfigurationError.self) { try Configuration.parse(text, file: "f") }
        #expect(error?.line != nil)
        #expect(error?.reason.hasPrefix("This is no TOML") == true)
        #expect(error?.reason.unicodeScalars.contains { $0.value < 0x20 } == false)
    }

    @Test(arguments: [
        ("[= 1]", 1), ("[.a]", 1), ("[[ ,a]]", 1), ("[ä]", 1), ("[#", 1), ("[]", 1), ("\n[\r\n", 2), ("a = '''\n[=\n'''\r\n[{}]", 4),
        ("b = 2026-11-2= 3", 1),
    ])
    func whatEndedAnotherParserIsNamedWithItsLine(text: String, line: Int) {
        let error = #expect(throws: ConfigurationError.self) { try Configuration.parse(text, file: "f") }
        #expect(error?.line == line)
        #expect(error?.reason.hasPrefix("This is no TOML") == true)
    }

    @Test(arguments: ["a = [\n  [1],\n  [\n  ]\n]", "a = \"\"\"\n[=\n\"\"\""])
    func aBracketWithinAValueIsNoTable(text: String) {
        let error = #expect(throws: ConfigurationError.self) { try Configuration.parse(text, file: "f") }
        #expect(error?.description == "f:1:1: There is no key \"a\" in the file.")
    }

    @Test func linesOfAFileFromWindowsAreCounted() {
        let text = "[storage]\r\nrelease = \"stored\"\r\n[radio]\r\nadaptors = [\"auto\"]\r\n"
        let error = #expect(throws: ConfigurationError.self) { try Configuration.parse(text, file: "f") }
        #expect(error?.line == 4)
    }

    @Test func aKeyWithinAValueIsNotTakenForALine() {
        let text = "[agents.a]\ncommand = [\n  \"/x\",\n  \"\"\"\nadaptors = 1\n\"\"\",\n]\n[radio]\nadaptors = [\"auto\"]"
        let error = #expect(throws: ConfigurationError.self) { try Configuration.parse(text, file: "f") }
        #expect(error?.line == 9)
    }

    @Test func withoutRoutesRecordingsGoToAFolderAndTheAssistantButtonSaysSo() {
        let configuration = Configuration().completed(deliveredTo: "/srv/earshot")
        #expect(configuration.destinations == ["delivered": FolderDestination(path: "/srv/earshot")])
        #expect(
            configuration.routes == [
                RouteSetting(when: .recordingStored, actions: [.agent("decode"), .destination("delivered")]),
                RouteSetting(when: .buttonPressed(buttons: ["assistant"], gestures: []), actions: [.screen("Memo kept")]),
            ])
    }

    @Test func withAnAgentHelloTheAssistantButtonStartsIt() throws {
        let text = "[agents.hello]\ncommand = [\"/hello\"]\n[destinations.x]\nkind = \"folder\"\npath = \"/x\""
        let configuration = try Configuration.parse(text, file: "f").completed(deliveredTo: "/srv/earshot")
        #expect(
            configuration.routes == [
                RouteSetting(when: .recordingStored, actions: [.agent("decode"), .destination("x")]),
                RouteSetting(when: .buttonPressed(buttons: ["assistant"], gestures: []), actions: [.agent("hello")]),
            ])
    }

    @Test func routesThatAPersonWroteStayAsTheyAre() throws {
        let configuration = try Configuration.parse(Self.whole, file: "f")
        #expect(configuration.completed(deliveredTo: "/srv/earshot") == configuration)
    }
}
