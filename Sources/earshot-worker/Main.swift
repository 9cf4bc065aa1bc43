import Processing

@main
enum Main {
    static func main() async { await ProcessorProgram.main() }
}
