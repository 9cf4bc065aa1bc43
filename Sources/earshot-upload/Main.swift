import Uploading

@main
enum Main {
    static func main() async { await UploadProgram.main() }
}
