/// Ends the process when a property does not hold: libFuzzer then keeps the input.
func check(_ holds: Bool, _ property: @autoclosure () -> String) {
    guard holds else { fatalError("Does not hold: " + property()) }
}
