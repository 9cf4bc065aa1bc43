// What the sanitizers must be told; nothing to call.
