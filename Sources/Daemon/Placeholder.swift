// Placeholder until the target's own first commit.
