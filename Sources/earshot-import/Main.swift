import Importing

@main
enum Main {
    static func main() async { await WatchProgram.main() }
}
