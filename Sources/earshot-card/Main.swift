import CardHost

@main
enum Main {
    static func main() async { await EarshotCard.main() }
}
