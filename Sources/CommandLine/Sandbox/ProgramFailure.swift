/// What went wrong with a program or with the folder it lives in, for a person.
struct ProgramFailure: Error, CustomStringConvertible {
    let description: String
}
