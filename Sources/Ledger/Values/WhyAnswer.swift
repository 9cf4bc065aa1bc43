/// What `why` finds for a name.
package enum WhyAnswer: Sendable, Hashable {
    case recording(WhyFacts)
    /// The number is known and nothing of it ever was here.
    case absent(AbsentNumbers)
}
