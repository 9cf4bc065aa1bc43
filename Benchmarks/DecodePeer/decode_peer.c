#include "decode_peer.h"

#include <math.h>
#include <ogg/ogg.h>
#include <opus.h>
#include <string.h>

enum { longest = 5760 };

long decode_peer(const unsigned char *bytes, size_t count, size_t pieces, int channels, int16_t *out, size_t capacity) {
    ogg_sync_state sync;
    ogg_stream_state stream;
    ogg_page page;
    ogg_packet packet;
    float pcm[longest * 2], memory[2] = {0, 0};
    int error = 0, has_stream = 0;
    long packets = 0, delay = 0, skip = 0, written = 0;
    OpusDecoder *decoder = opus_decoder_create(48000, channels, &error);
    if (decoder == NULL) return -1;
    ogg_sync_init(&sync);
    for (size_t offset = 0; offset < count; offset += pieces) {
        size_t size = count - offset < pieces ? count - offset : pieces;
        memcpy(ogg_sync_buffer(&sync, (long)size), bytes + offset, size);
        ogg_sync_wrote(&sync, (long)size);
        while (ogg_sync_pageout(&sync, &page) == 1) {
            if (!has_stream) {
                ogg_stream_init(&stream, ogg_page_serialno(&page));
                has_stream = 1;
            }
            ogg_stream_pagein(&stream, &page);
            while (ogg_stream_packetout(&stream, &packet) == 1) {
                if (packets++ == 0) delay = skip = packet.packet[10] | packet.packet[11] << 8;
                if (packets <= 2) continue;
                int frames = opus_decode_float(decoder, packet.packet, (opus_int32)packet.bytes, pcm, longest, 0);
                if (frames < 0) continue;
                long begin = skip < frames ? skip : frames;
                skip -= begin;
                long keep = frames - begin;
                if (packet.e_o_s) {
                    long end = (long)packet.granulepos - delay;
                    if (end - written < keep) keep = end - written;
                }
                if (keep <= 0 || (size_t)((written + keep) * channels) > capacity) continue;
                opus_pcm_soft_clip(pcm + begin * channels, (int)keep, channels, memory);
                for (long i = 0; i < keep * channels; i++) {
                    float value = pcm[begin * channels + i] * 32768.f;
                    value = value > 32767.f ? 32767.f : value < -32768.f ? -32768.f : value;
                    out[written * channels + i] = (int16_t)lrintf(value);
                }
                written += keep;
            }
        }
    }
    if (has_stream) ogg_stream_clear(&stream);
    ogg_sync_clear(&sync);
    opus_decoder_destroy(decoder);
    return written;
}
