import GatewayAPI
import Recordings

/// What callers send over HTTP: paths, queries, fields of the head, bodies. A refusal is a problem that a person can read; what is taken is
/// the same when it is sent again.
enum APIEntry {
    static func run(_ input: [UInt8]) {
        guard let choice = input.first else { return }
        let rest = Array(input.dropFirst())
        switch choice % 20 {
        case 0: body(ScreenRequest.self, rest)
        case 1: body(IdentifyRequest.self, rest)
        case 2: body(RecordRequest.self, rest)
        case 3: body(RenameCardRequest.self, rest)
        case 4: body(HolderRequest.self, rest)
        case 5: body(AssignCardRequest.self, rest)
        case 6: body(PairRequest.self, rest)
        case 7: body(PairingAnswerRequest.self, rest)
        case 8: body(LeaseRequest.self, rest)
        case 9: body(ExtendRequest.self, rest)
        case 10: body(FailedRequest.self, rest)
        case 11, 12, 13: body(DoneRequest.self, rest)
        case 14: anyJSON(rest)
        case 15: query(String(decoding: rest, as: UTF8.self))
        case 16: range(rest)
        case 17: digest(String(decoding: rest, as: UTF8.self))
        case 18: path(String(decoding: rest, as: UTF8.self))
        default: encoded(String(decoding: rest, as: UTF8.self))
        }
    }

    /// What a caller is told: short, plain, and that the fault is the caller's.
    private static func look(at problem: Problem) {
        check((400..<500).contains(problem.status), "a refusal is the caller's fault: \(problem.status)")
        for text in [problem.title, problem.detail, problem.fix] {
            check(!text.isEmpty && text.utf8.count < 2000, "a problem is said in short")
            check(!text.unicodeScalars.contains { $0.properties.generalCategory == .control }, "and in plain text: \(text)")
        }
    }

    private static func body<Body: RequestBody>(_ type: Body.Type, _ bytes: [UInt8]) {
        do throws(RequestRefusal) {
            let read = try APIJSON.decodeRequest(type, from: bytes)
            guard let written = try? APIJSON.encode(read) else { return check(false, "a body is written") }
            check((try? APIJSON.decodeRequest(type, from: written)) == read, "a body is read again as it was")
        } catch {
            look(at: error.problem)
        }
    }

    private static func anyJSON(_ bytes: [UInt8]) {
        do throws(RequestRefusal) {
            let read = try APIJSON.decodeAny(bytes)
            guard let written = try? APIJSON.encode(read) else { return check(false, "JSON is written") }
            check((try? APIJSON.decodeAny(written)) == read, "JSON is read again as it was")
        } catch {
            look(at: error.problem)
        }
    }

    private static func query(_ text: String) {
        do throws(RequestRefusal) {
            let items = try QueryItems(text)
            if let number = try items.integer("a", in: 1...64) { check((1...64).contains(number), "a number is in its range") }
            if let position = try items.position("b") { check(position >= 0, "a position is in the log") }
            if let time = try items.time("c") { check(UTCTime(time.description) == time, "a time is read again as it was") }
            if let value = items.string("d") {
                let again = try QueryItems("d=" + PercentEncoding.encode(value))
                check(again.string("d") == value, "a value is read again as it was")
            }
            try items.check("a", "b", "c", "d")
        } catch {
            look(at: error.problem)
        }
    }

    private static func range(_ bytes: [UInt8]) {
        var draws = Draws(bytes)
        let size = draws.bool() ? UInt64(draws.byte()) : draws.u64()
        switch ByteRange("bytes=" + String(decoding: draws.all(), as: UTF8.self), size: size) {
        case .whole, .unsatisfiable: break
        case .part(let part): check(!part.isEmpty && part.upperBound <= size, "a part is in the file")
        }
    }

    private static func digest(_ text: String) {
        guard let digest = ContentDigest.sha256(in: text) else { return }
        check(ContentDigest.sha256(in: ContentDigest.field(digest)) == digest, "a digest is read again as it was")
    }

    private static let table = RouteTable(Routes.all)

    private static func path(_ text: String) {
        for method in Route.Method.allCases {
            guard case .route(let route, let arguments) = table.find(method.rawValue, text) else { continue }
            check(route.method == method, "a route is found for its method")
            check(arguments.values.allSatisfy { !$0.isEmpty }, "what stands in place of braces is something")
            // A path is cut off at 1,024 bytes, and encoding may make it longer.
            if arguments.count == 1, let argument = arguments.values.first, argument.utf8.count < 300 {
                check(table.find(method.rawValue, route.path(argument)) == .route(route, arguments), "a path is found again as it was")
            }
        }
    }

    private static func encoded(_ text: String) {
        let encoded = PercentEncoding.encode(text)
        check(PercentEncoding.decode(encoded) == text, "encoded text is read as it was")
        if let decoded = PercentEncoding.decode(text) {
            check(PercentEncoding.decode(PercentEncoding.encode(decoded)) == decoded, "decoded text is encoded again")
            check(decoded.utf8.count <= text.utf8.count, "decoding makes nothing longer")
            if text.contains("%-") || text.contains("%+") { check(false, "an escape is two hexadecimal digits") }
        }
        if let scope = Scope(text) { check(Scope(scope.description) == scope, "a scope is read again as it was") }
        if let name = WorkName(text) { check(name.description == text && !text.contains("/") && !text.hasPrefix("."), "a name is safe") }
    }
}
