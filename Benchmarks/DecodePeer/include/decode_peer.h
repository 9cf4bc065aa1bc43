#ifndef DECODE_PEER_H
#define DECODE_PEER_H

#include <stddef.h>
#include <stdint.h>

// Decodes an Ogg Opus stream in memory at 48 kHz with libogg and libopus as their examples do: pages, packets, float decode, soft clip, rounding.
// `pieces` bytes are handed to libogg at a time. Returns the samples per channel that were written to `out`, or -1.
long decode_peer(const unsigned char *bytes, size_t count, size_t pieces, int channels, int16_t *out, size_t capacity);

#endif
