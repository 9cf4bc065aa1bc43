extension Configuration {
    /// What counts where the file says nothing: without destinations a folder, without routes each recording is decoded and goes to every
    /// destination, and the assistant button starts the agent `hello` if there is one; else the card's screen says that the memo was kept.
    package func completed(deliveredTo folder: String) -> Configuration {
        var completed = self
        if destinations.isEmpty, routes.isEmpty { completed.destinations["delivered"] = FolderDestination(path: folder) }
        guard routes.isEmpty else { return completed }
        completed.routes = [
            RouteSetting(when: .recordingStored, actions: [.agent("decode")] + completed.destinations.keys.sorted().map { .destination($0) }),
            RouteSetting(
                when: .buttonPressed(buttons: ["assistant"], gestures: []),
                actions: [agents["hello"] == nil ? .screen("Memo kept") : .agent("hello")]),
        ]
        return completed
    }
}
