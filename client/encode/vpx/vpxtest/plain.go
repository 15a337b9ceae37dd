//go:build cgo

package vpxtest

// #include <stdlib.h>
// #include <vpx/vp8cx.h>
// #include <vpx/vpx_encoder.h>
//
// // VP8 as libvpx sets it for live video of a camera: the reference that ours is compared with.
// static vpx_codec_err_t coopnet_plain_open(vpx_codec_ctx_t *context, unsigned width, unsigned height, unsigned kilobits) {
//	vpx_codec_enc_cfg_t c;
//	vpx_codec_err_t code = vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &c, 0);
//	if (code != VPX_CODEC_OK) {
//		return code;
//	}
//	c.g_w = width;
//	c.g_h = height;
//	c.g_timebase.num = 1;
//	c.g_timebase.den = 1000;
//	c.g_threads = 1;
//	c.g_lag_in_frames = 0;
//	c.rc_end_usage = VPX_CBR;
//	c.rc_target_bitrate = kilobits;
//	if ((code = vpx_codec_enc_init(context, vpx_codec_vp8_cx(), &c, 0)) != VPX_CODEC_OK) {
//		return code;
//	}
//	return vpx_codec_control(context, VP8E_SET_CPUUSED, -6);
// }
//
// static vpx_codec_err_t coopnet_plain_encode(vpx_codec_ctx_t *context, unsigned char *y, unsigned char *u, unsigned char *v,
//	unsigned width, unsigned height, int y_stride, int c_stride, long at, const void **bytes, size_t *size) {
//	vpx_image_t image;
//	vpx_codec_iter_t next = NULL;
//	vpx_img_wrap(&image, VPX_IMG_FMT_I420, width, height, 1, y);
//	image.planes[1] = u;
//	image.planes[2] = v;
//	image.stride[0] = y_stride;
//	image.stride[1] = image.stride[2] = c_stride;
//	vpx_codec_err_t code = vpx_codec_encode(context, &image, at, 33, 0, VPX_DL_REALTIME);
//	*size = 0;
//	for (const vpx_codec_cx_pkt_t *packet; code == VPX_CODEC_OK && (packet = vpx_codec_get_cx_data(context, &next));) {
//		if (packet->kind == VPX_CODEC_CX_FRAME_PKT) {
//			*bytes = packet->data.frame.buf;
//			*size = packet->data.frame.sz;
//		}
//	}
//	return code;
// }
import "C"

import (
	"testing"
	"time"
	"unsafe"

	"github.com/coopnet/coopnet/client/encode"
)

// Plain is VP8 as it is used for cameras.
type Plain struct{ c *C.vpx_codec_ctx_t }

// NewPlain opens one, which closes with the test.
func NewPlain(t testing.TB, width, height, bits int) *Plain {
	t.Helper()
	p := &Plain{(*C.vpx_codec_ctx_t)(C.calloc(1, C.sizeof_vpx_codec_ctx_t))}
	if code := C.coopnet_plain_open(p.c, C.uint(width), C.uint(height), C.uint(bits/1000)); code != 0 {
		t.Fatalf("open a plain encoder: %s", C.GoString(C.vpx_codec_err_to_string(code)))
	}
	t.Cleanup(func() {
		C.vpx_codec_destroy(p.c)
		C.free(unsafe.Pointer(p.c))
	})
	return p
}

// Encode returns a frame, or nothing when the encoder dropped it.
func (p *Plain) Encode(t testing.TB, picture encode.Picture, at time.Duration) []byte {
	t.Helper()
	var bytes unsafe.Pointer
	var size C.size_t
	code := C.coopnet_plain_encode(p.c, (*C.uchar)(&picture.Y[0]), (*C.uchar)(&picture.U[0]), (*C.uchar)(&picture.V[0]),
		C.uint(picture.Size.X), C.uint(picture.Size.Y), C.int(picture.YStride), C.int(picture.CStride), C.long(at.Milliseconds()), &bytes, &size)
	if code != 0 {
		t.Fatalf("encode: %s", C.GoString(C.vpx_codec_err_to_string(code)))
	}
	return C.GoBytes(bytes, C.int(size))
}
