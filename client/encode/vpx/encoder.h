#ifndef COOPNET_VPX_ENCODER_H
#define COOPNET_VPX_ENCODER_H

#include <stddef.h>
#include <stdint.h>
#include <vpx/vpx_encoder.h>

// An encoder of libvpx and its settings. Functions that return int return 0, or a code whose text coopnet_failure has.
typedef struct coopnet_encoder coopnet_encoder;

typedef struct {
	int vp9, width, height, kilobits, threads, speed;
} coopnet_settings;

// A picture in I420 that is read during the call only.
typedef struct {
	int width, height, y_stride, c_stride;
	int64_t at, duration; // in milliseconds
	int keyframe, finest, coarsest;
} coopnet_task;

typedef struct {
	const uint8_t *bytes; // until the next call
	size_t size;
	int keyframe;
} coopnet_frame;

coopnet_encoder *coopnet_encoder_new(coopnet_settings settings, int *code);
int coopnet_encoder_set_bitrate(coopnet_encoder *e, int kilobits);

// active has a byte for each 16x16 pixels, or is NULL.
int coopnet_encode(coopnet_encoder *e, coopnet_task task, const uint8_t *y, const uint8_t *u, const uint8_t *v,
	const uint8_t *active, coopnet_frame *frame);
void coopnet_encoder_free(coopnet_encoder *e);

// What went wrong: of the encoder, and when there is none, of the code alone.
const char *coopnet_failure(coopnet_encoder *e, int code);

#endif
