#include "encoder.h"

#include <stdlib.h>
#include <string.h>
#include <vpx/vp8cx.h>

struct coopnet_encoder {
	vpx_codec_ctx_t codec;
	vpx_codec_enc_cfg_t config;
	int vp9, restricted; // restricted: an active map is set
};

enum { KEY_PERCENT = 1000 };

static int configure_vp9(coopnet_encoder *e, int speed) {
	vpx_codec_ctx_t *c = &e->codec;
	int tiles = e->config.g_threads > 1 ? 1 : 0; // logarithm of the columns
	vpx_codec_err_t code;
	if ((code = vpx_codec_control(c, VP8E_SET_CPUUSED, speed)) != VPX_CODEC_OK ||
		(code = vpx_codec_control(c, VP9E_SET_TUNE_CONTENT, VP9E_CONTENT_SCREEN)) != VPX_CODEC_OK ||
		(code = vpx_codec_control(c, VP9E_SET_AQ_MODE, 0)) != VPX_CODEC_OK ||
		(code = vpx_codec_control(c, VP9E_SET_TILE_COLUMNS, tiles)) != VPX_CODEC_OK ||
		(code = vpx_codec_control(c, VP9E_SET_ROW_MT, e->config.g_threads > 1)) != VPX_CODEC_OK ||
		(code = vpx_codec_control(c, VP9E_SET_FRAME_PARALLEL_DECODING, 0)) != VPX_CODEC_OK ||
		(code = vpx_codec_control(c, VP9E_SET_NOISE_SENSITIVITY, 0)) != VPX_CODEC_OK ||
		(code = vpx_codec_control(c, VP9E_SET_DISABLE_LOOPFILTER, 2)) != VPX_CODEC_OK || // it blurs text
		(code = vpx_codec_control(c, VP9E_SET_COLOR_SPACE, VPX_CS_BT_601)) != VPX_CODEC_OK ||
		(code = vpx_codec_control(c, VP8E_SET_MAX_INTRA_BITRATE_PCT, KEY_PERCENT)) != VPX_CODEC_OK) {
		return code;
	}
	return VPX_CODEC_OK;
}

static int configure_vp8(coopnet_encoder *e, int speed) {
	vpx_codec_ctx_t *c = &e->codec;
	vpx_codec_err_t code;
	if ((code = vpx_codec_control(c, VP8E_SET_CPUUSED, -speed)) != VPX_CODEC_OK ||
		(code = vpx_codec_control(c, VP8E_SET_SCREEN_CONTENT_MODE, 1)) != VPX_CODEC_OK ||
		(code = vpx_codec_control(c, VP8E_SET_STATIC_THRESHOLD, 1)) != VPX_CODEC_OK ||
		(code = vpx_codec_control(c, VP8E_SET_NOISE_SENSITIVITY, 0)) != VPX_CODEC_OK ||
		(code = vpx_codec_control(c, VP8E_SET_TOKEN_PARTITIONS, 1)) != VPX_CODEC_OK ||
		(code = vpx_codec_control(c, VP8E_SET_MAX_INTRA_BITRATE_PCT, KEY_PERCENT)) != VPX_CODEC_OK) {
		return code;
	}
	return VPX_CODEC_OK;
}

coopnet_encoder *coopnet_encoder_new(coopnet_settings s, int *code) {
	vpx_codec_iface_t *interface = s.vp9 ? vpx_codec_vp9_cx() : vpx_codec_vp8_cx();
	coopnet_encoder *e = calloc(1, sizeof *e);
	if (!e) {
		*code = VPX_CODEC_MEM_ERROR;
		return NULL;
	}
	e->vp9 = s.vp9;
	vpx_codec_enc_cfg_t *c = &e->config;
	if ((*code = vpx_codec_enc_config_default(interface, c, 0)) != VPX_CODEC_OK) {
		free(e);
		return NULL;
	}
	c->g_w = (unsigned)s.width;
	c->g_h = (unsigned)s.height;
	c->g_timebase.num = 1;
	c->g_timebase.den = 1000;
	c->g_pass = VPX_RC_ONE_PASS;
	c->g_lag_in_frames = 0;
	c->g_error_resilient = 0; // lost packets are sent again, or a keyframe is asked for
	c->g_threads = (unsigned)s.threads;
	c->kf_mode = VPX_KF_DISABLED; // on request only
	c->rc_end_usage = VPX_CBR;
	c->rc_target_bitrate = (unsigned)s.kilobits;
	c->rc_dropframe_thresh = 0; // what is dropped is decided above
	c->rc_resize_allowed = 0;
	c->rc_undershoot_pct = 50;
	c->rc_overshoot_pct = 50;
	c->rc_buf_initial_sz = 500;
	c->rc_buf_optimal_sz = 600;
	c->rc_buf_sz = 1000;
	c->rc_min_quantizer = 4;
	c->rc_max_quantizer = 56;
	if ((*code = vpx_codec_enc_init(&e->codec, interface, c, 0)) != VPX_CODEC_OK) {
		free(e);
		return NULL;
	}
	if ((*code = s.vp9 ? configure_vp9(e, s.speed) : configure_vp8(e, s.speed)) != VPX_CODEC_OK) {
		coopnet_encoder_free(e);
		return NULL;
	}
	return e;
}

int coopnet_encoder_set_bitrate(coopnet_encoder *e, int kilobits) {
	e->config.rc_target_bitrate = (unsigned)kilobits;
	return vpx_codec_enc_config_set(&e->codec, &e->config);
}

// The map holds for one frame: both codecs would remember it.
static int restrict_to(coopnet_encoder *e, const uint8_t *active) {
	if (!active && !e->restricted) {
		return VPX_CODEC_OK;
	}
	e->restricted = active != NULL;
	// libvpx reads it only, although its type does not say so.
	vpx_active_map_t map = {(uint8_t *)active, (e->config.g_h + 15) / 16, (e->config.g_w + 15) / 16};
	return vpx_codec_control(&e->codec, VP8E_SET_ACTIVEMAP, &map);
}

int coopnet_encode(coopnet_encoder *e, coopnet_task t, const uint8_t *y, const uint8_t *u, const uint8_t *v,
	const uint8_t *active, coopnet_frame *frame) {
	int code;
	memset(frame, 0, sizeof *frame);
	if (e->config.rc_min_quantizer != (unsigned)t.finest || e->config.rc_max_quantizer != (unsigned)t.coarsest) {
		e->config.rc_min_quantizer = (unsigned)t.finest;
		e->config.rc_max_quantizer = (unsigned)t.coarsest;
		if ((code = vpx_codec_enc_config_set(&e->codec, &e->config)) != VPX_CODEC_OK) {
			return code;
		}
	}
	if ((code = restrict_to(e, active)) != VPX_CODEC_OK) {
		return code;
	}
	vpx_image_t image;
	if (!vpx_img_wrap(&image, VPX_IMG_FMT_I420, (unsigned)t.width, (unsigned)t.height, 1, (unsigned char *)y)) {
		return VPX_CODEC_INVALID_PARAM;
	}
	image.planes[VPX_PLANE_U] = (unsigned char *)u;
	image.planes[VPX_PLANE_V] = (unsigned char *)v;
	image.stride[VPX_PLANE_Y] = t.y_stride;
	image.stride[VPX_PLANE_U] = image.stride[VPX_PLANE_V] = t.c_stride;
	image.cs = VPX_CS_BT_601;
	image.range = VPX_CR_STUDIO_RANGE;
	code = vpx_codec_encode(&e->codec, &image, t.at, (unsigned long)t.duration, t.keyframe ? VPX_EFLAG_FORCE_KF : 0, VPX_DL_REALTIME);
	if (code != VPX_CODEC_OK) {
		return code;
	}
	vpx_codec_iter_t next = NULL;
	for (const vpx_codec_cx_pkt_t *packet; (packet = vpx_codec_get_cx_data(&e->codec, &next));) {
		if (packet->kind == VPX_CODEC_CX_FRAME_PKT) {
			frame->bytes = packet->data.frame.buf;
			frame->size = packet->data.frame.sz;
			frame->keyframe = (packet->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
		}
	}
	return VPX_CODEC_OK;
}

void coopnet_encoder_free(coopnet_encoder *e) {
	vpx_codec_destroy(&e->codec);
	free(e);
}

const char *coopnet_failure(coopnet_encoder *e, int code) {
	const char *detail = e ? vpx_codec_error_detail(&e->codec) : NULL;
	return detail ? detail : vpx_codec_err_to_string((vpx_codec_err_t)code);
}
