/* Stands in for the audio decoder that Ollama's module archive leaves out. Every call fails:
   the tests send no audio. */
#pragma once

#include <stddef.h>

#define MA_SUCCESS 0
#define MA_ERROR (-1)

typedef int ma_result;
typedef unsigned int ma_uint32;
typedef unsigned long long ma_uint64;
typedef enum { ma_format_f32 = 5 } ma_format;
typedef struct {
    ma_format format;
} ma_decoder_config;
typedef struct {
    ma_decoder_config config;
} ma_decoder;

static inline ma_decoder_config ma_decoder_config_init(
    ma_format format, ma_uint32 channels, ma_uint32 sample_rate) {
    ma_decoder_config config = {format};
    (void)channels, (void)sample_rate;
    return config;
}

static inline ma_result ma_decoder_init_memory(
    const void *data, size_t size, const ma_decoder_config *config, ma_decoder *decoder) {
    (void)data, (void)size, (void)config, (void)decoder;
    return MA_ERROR;
}

static inline ma_result ma_decoder_get_length_in_pcm_frames(
    ma_decoder *decoder, ma_uint64 *length) {
    (void)decoder, (void)length;
    return MA_ERROR;
}

static inline ma_result ma_decoder_read_pcm_frames(
    ma_decoder *decoder, void *frames, ma_uint64 count, ma_uint64 *read) {
    (void)decoder, (void)frames, (void)count, (void)read;
    return MA_ERROR;
}

static inline ma_result ma_decoder_uninit(ma_decoder *decoder) {
    (void)decoder;
    return MA_SUCCESS;
}
