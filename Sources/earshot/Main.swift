import CommandLine

@main
enum Main {
    static func main() async { await EarshotProgram.main() }
}
