#include <opus.h>

// The ctl functions take variable arguments, which Swift cannot call.

static inline int earshot_decoder_set_gain(OpusDecoder *decoder, opus_int32 gain) {
    return opus_decoder_ctl(decoder, OPUS_SET_GAIN(gain));
}

static inline int earshot_encoder_set_bitrate(OpusEncoder *encoder, opus_int32 bitrate) {
    return opus_encoder_ctl(encoder, OPUS_SET_BITRATE(bitrate));
}

static inline int earshot_encoder_set_vbr(OpusEncoder *encoder, opus_int32 isOn) {
    return opus_encoder_ctl(encoder, OPUS_SET_VBR(isOn));
}

static inline int earshot_encoder_get_lookahead(OpusEncoder *encoder, opus_int32 *samples) {
    return opus_encoder_ctl(encoder, OPUS_GET_LOOKAHEAD(samples));
}
