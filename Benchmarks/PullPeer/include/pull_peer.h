#pragma once
#include <stddef.h>
#include <stdint.h>

// A card on the other end of two SEQPACKET sockets: a thread that sends `count` values of the Transfer characteristic with
// `payload` bytes each, as fast as `limit` written to `credits` allows, and then the last one with this checksum.
typedef struct pull_sender pull_sender;
pull_sender *pull_sender_start(int values, int credits, uint32_t count, size_t payload, uint32_t checksum);
// Waits until it has sent everything. Returns the CPU time of its thread in nanoseconds; -1 when it failed.
int64_t pull_sender_join(pull_sender *sender);

// The least that a client can do: receive each value, write its payload to the file, give credit. Returns the bytes written;
// -1 when a call failed.
int64_t pull_bare_loop(int values, int credits, int file);
