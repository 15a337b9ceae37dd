//go:build cgo

package vpxtest

// #cgo !windows pkg-config: vpx
// #cgo windows CFLAGS: -I${SRCDIR}/../../../../build/libvpx-windows-amd64/include
// #cgo windows LDFLAGS: -L${SRCDIR}/../../../../build/libvpx-windows-amd64/lib -static -lvpx -lm -lwinpthread
// #include <stdlib.h>
// #include <vpx/vp8dx.h>
// #include <vpx/vpx_decoder.h>
//
// // A macro, which cgo cannot call.
// static vpx_codec_err_t coopnet_decoder_open(vpx_codec_ctx_t *context, int vp9) {
//	return vpx_codec_dec_init(context, vp9 ? vpx_codec_vp9_dx() : vpx_codec_vp8_dx(), NULL, 0);
// }
//
// static vpx_image_t *coopnet_decoded(vpx_codec_ctx_t *context) {
//	vpx_codec_iter_t next = NULL;
//	return vpx_codec_get_frame(context, &next);
// }
import "C"

import (
	"fmt"
	"image"
	"testing"
	"unsafe"

	"github.com/coopnet/coopnet/client/encode"
)

// Decoder decodes what was encoded, frame by frame.
type Decoder struct{ c *C.vpx_codec_ctx_t }

// NewDecoder opens one, which closes with the test.
func NewDecoder(t testing.TB, codec encode.Codec) *Decoder {
	t.Helper()
	d := &Decoder{(*C.vpx_codec_ctx_t)(C.calloc(1, C.sizeof_vpx_codec_ctx_t))}
	vp9 := C.int(0)
	if codec == encode.VP9 {
		vp9 = 1
	}
	if code := C.coopnet_decoder_open(d.c, vp9); code != 0 {
		t.Fatalf("open a decoder for %s: %s", codec, C.GoString(C.vpx_codec_err_to_string(code)))
	}
	t.Cleanup(func() {
		C.vpx_codec_destroy(d.c)
		C.free(unsafe.Pointer(d.c))
	})
	return d
}

// Decode returns the picture of a frame, which is valid until the next call.
func (d *Decoder) Decode(frame []byte) (encode.Picture, error) {
	if len(frame) == 0 {
		return encode.Picture{}, fmt.Errorf("decode: an empty frame")
	}
	if code := C.vpx_codec_decode(d.c, (*C.uint8_t)(unsafe.Pointer(&frame[0])), C.uint(len(frame)), nil, 0); code != 0 {
		return encode.Picture{}, fmt.Errorf("decode: %s", C.GoString(C.vpx_codec_err_to_string(code)))
	}
	decoded := C.coopnet_decoded(d.c)
	if decoded == nil {
		return encode.Picture{}, fmt.Errorf("decode: the frame shows nothing")
	}
	p := encode.Picture{Size: image.Pt(int(decoded.d_w), int(decoded.d_h)), YStride: int(decoded.stride[0]), CStride: int(decoded.stride[1])}
	p.Y = unsafe.Slice((*byte)(decoded.planes[0]), p.YStride*p.Size.Y)
	p.U = unsafe.Slice((*byte)(decoded.planes[1]), p.CStride*((p.Size.Y+1)/2))
	p.V = unsafe.Slice((*byte)(decoded.planes[2]), p.CStride*((p.Size.Y+1)/2))
	return p, nil
}
