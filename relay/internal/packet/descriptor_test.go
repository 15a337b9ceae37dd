package packet

import (
	"bytes"
	"slices"
	"testing"

	"github.com/pion/rtp/codecs"
)

func TestDescribe(t *testing.T) {
	for name, tt := range map[string]struct {
		codec    Codec
		payload  []byte
		keyframe bool
		id       int // -1: none
		tl0      uint8
	}{
		"VP8 without extension, keyframe":       {VP8, []byte{0x10, 0x00}, true, -1, 0},
		"VP8 without extension, interframe":     {VP8, []byte{0x10, 0x01}, false, -1, 0},
		"VP8 not the first of its frame":        {VP8, []byte{0x00, 0x00}, false, -1, 0},
		"VP8 another partition":                 {VP8, []byte{0x11, 0x00}, false, -1, 0},
		"VP8 id of 7 bits":                      {VP8, []byte{0x90, 0x80, 0x7f, 0x00}, true, 127, 0},
		"VP8 id of 15 bits":                     {VP8, []byte{0x90, 0x80, 0xff, 0xfe, 0x00}, true, 0x7ffe, 0},
		"VP8 id, TL0, TID":                      {VP8, []byte{0x90, 0xe0, 0x81, 0x02, 200, 0x20, 0x00}, true, 0x102, 200},
		"VP8 TL0 without an id":                 {VP8, []byte{0x90, 0x60, 9, 0x20, 0x01}, false, -1, 9},
		"VP8 KEYIDX only":                       {VP8, []byte{0x90, 0x10, 0x05, 0x00}, true, -1, 0},
		"VP8 extension and nothing":             {VP8, []byte{0x90, 0x80}, false, -1, 0},
		"VP8 half an id":                        {VP8, []byte{0x90, 0x80, 0x81}, false, -1, 0},
		"VP8 no TL0":                            {VP8, []byte{0x90, 0xc0, 0x01}, false, -1, 0},
		"VP8 descriptor and no data":            {VP8, []byte{0x90, 0x80, 0x01}, false, 1, 0},
		"VP8 one byte":                          {VP8, []byte{0x10}, false, -1, 0},
		"VP8 empty":                             {VP8, nil, false, -1, 0},
		"VP9 flexible keyframe":                 {VP9, []byte{0x80 | 0x10 | 0x08, 0x81, 0x02, 0xaa}, true, 0x102, 0},
		"VP9 interframe":                        {VP9, []byte{0x80 | 0x40 | 0x08, 0x05, 0xaa}, false, 5, 0},
		"VP9 inside a frame":                    {VP9, []byte{0x80, 0x05, 0xaa}, false, 5, 0},
		"VP9 layers, base of a keyframe":        {VP9, []byte{0x80 | 0x20 | 0x08, 0x05, 0x00, 77, 0xaa}, true, 5, 77},
		"VP9 layers, upper layer of a keyframe": {VP9, []byte{0x80 | 0x20 | 0x08, 0x05, 0x02 | 0x01, 77, 0xaa}, false, 5, 77},
		"VP9 flexible layers have no TL0":       {VP9, []byte{0x80 | 0x20 | 0x10 | 0x08, 0x05, 0x00, 77, 0xaa}, true, 5, 0},
		"VP9 without an id":                     {VP9, []byte{0x08, 0xaa}, true, -1, 0},
		"VP9 half an id":                        {VP9, []byte{0x88, 0x81}, false, -1, 0},
		"VP9 no layer byte":                     {VP9, []byte{0xa8, 0x01}, false, -1, 0},
		"VP9 no TL0":                            {VP9, []byte{0xa8, 0x01, 0x00}, false, -1, 0},
		"VP9 empty":                             {VP9, nil, false, -1, 0},
		"H264 parameter set":                    {H264, []byte{0x67, 0x42}, true, -1, 0},
		"H264 IDR, first slice":                 {H264, []byte{0x65, 0x88}, true, -1, 0},
		"H264 IDR, second slice":                {H264, []byte{0x65, 0x48}, false, -1, 0},
		"H264 other slice":                      {H264, []byte{0x61, 0x88}, false, -1, 0},
		"H264 picture parameters alone":         {H264, []byte{0x68, 0xce}, false, -1, 0},
		"H264 STAP-A with parameters":           {H264, []byte{0x78, 0, 2, 0x67, 0x42, 0, 2, 0x68, 0xce}, true, -1, 0},
		"H264 STAP-A, IDR comes second":         {H264, []byte{0x78, 0, 2, 0x68, 0xce, 0, 2, 0x65, 0x88}, true, -1, 0},
		"H264 STAP-A, a later IDR slice":        {H264, []byte{0x78, 0, 2, 0x65, 0x48}, false, -1, 0},
		"H264 STAP-A without either":            {H264, []byte{0x78, 0, 2, 0x61, 0x88}, false, -1, 0},
		"H264 STAP-A with a lie":                {H264, []byte{0x78, 0xff, 0xff, 0x67, 0x42}, false, -1, 0},
		"H264 STAP-A with nothing inside":       {H264, []byte{0x78, 0, 0, 0, 2, 0x67, 0x42}, false, -1, 0},
		"H264 FU-A start of an IDR":             {H264, []byte{0x7c, 0x85, 0x88}, true, -1, 0},
		"H264 FU-A start of a later IDR slice":  {H264, []byte{0x7c, 0x85, 0x48}, false, -1, 0},
		"H264 FU-A start of a parameter set":    {H264, []byte{0x7c, 0x87, 0x42}, true, -1, 0},
		"H264 FU-A middle of an IDR":            {H264, []byte{0x7c, 0x05, 0x88}, false, -1, 0},
		"H264 FU-A start without data":          {H264, []byte{0x7c, 0x85}, false, -1, 0},
		"H264 one byte":                         {H264, []byte{0x65}, false, -1, 0},
		"AV1 new sequence":                      {AV1, []byte{0x18, 0x0a}, true, -1, 0},
		"AV1 going on":                          {AV1, []byte{0x10, 0x32}, false, -1, 0},
		"AV1 new, but a continuation":           {AV1, []byte{0x98, 0x0a}, false, -1, 0},
		"AV1 header only":                       {AV1, []byte{0x18}, false, -1, 0},
		"Opus":                                  {Opus, []byte{0x01}, true, -1, 0},
	} {
		d := Describe(tt.codec, tt.payload)
		if d.Keyframe != tt.keyframe || d.HasPictureID() != (tt.id >= 0) || d.TL0 != tt.tl0 {
			t.Errorf("%s: %+v", name, d)
		}
		if tt.id >= 0 && int(d.PictureID) != tt.id {
			t.Errorf("%s: picture id %d, want %d", name, d.PictureID, tt.id)
		}
	}
}

func TestShift(t *testing.T) {
	for name, tt := range map[string]struct {
		codec    Codec
		payload  []byte
		id       uint16
		tl0      uint8
		expected []byte
	}{
		"15 bits":                           {VP8, []byte{0x90, 0x80, 0x81, 0x02, 0x00}, 3, 0, []byte{0x90, 0x80, 0x81, 0x05, 0x00}},
		"15 bits over the wrap":             {VP8, []byte{0x90, 0x80, 0xff, 0xff, 0x00}, 2, 0, []byte{0x90, 0x80, 0x80, 0x01, 0x00}},
		"15 bits backwards":                 {VP8, []byte{0x90, 0x80, 0x80, 0x01, 0x00}, 0xfffe, 0, []byte{0x90, 0x80, 0xff, 0xff, 0x00}},
		"7 bits":                            {VP8, []byte{0x90, 0x80, 0x05, 0x00}, 3, 0, []byte{0x90, 0x80, 0x08, 0x00}},
		"7 bits over the wrap":              {VP8, []byte{0x90, 0x80, 0x7f, 0x00}, 2, 0, []byte{0x90, 0x80, 0x01, 0x00}},
		"7 bits after 15":                   {VP8, []byte{0x90, 0x80, 0x05, 0x00}, 300, 0, []byte{0x90, 0x80, (5 + 300) & 0x7f, 0x00}},
		"7 bits at the payload's end":       {VP8, []byte{0x80, 0x80, 0x05}, 3, 0, []byte{0x80, 0x80, 0x08}},
		"TL0 over the wrap":                 {VP8, []byte{0x90, 0xc0, 0x05, 0xff, 0x00}, 0, 2, []byte{0x90, 0xc0, 0x05, 0x01, 0x00}},
		"TL0 without an id":                 {VP8, []byte{0x90, 0x40, 0xff, 0x00}, 9, 2, []byte{0x90, 0x40, 0x01, 0x00}},
		"VP9, both":                         {VP9, []byte{0xa8, 0x80, 0x05, 0x00, 7, 0xaa}, 1, 1, []byte{0xa8, 0x80, 0x06, 0x00, 8, 0xaa}},
		"nothing to shift in H264":          {H264, []byte{0x65, 0x88}, 9, 9, []byte{0x65, 0x88}},
		"nothing to shift in half an id":    {VP8, []byte{0x90, 0x80, 0x81}, 9, 9, []byte{0x90, 0x80, 0x81}},
		"nothing to shift in a bare header": {VP8, []byte{0x10, 0x00}, 9, 9, []byte{0x10, 0x00}},
	} {
		payload := bytes.Clone(tt.payload)
		Describe(tt.codec, payload).Shift(payload, tt.id, tt.tl0)
		if !bytes.Equal(payload, tt.expected) {
			t.Errorf("%s: %x, want %x", name, payload, tt.expected)
		}
	}
}

// FuzzDescribe holds the descriptor to pion's reader of the same formats, and Shift to what Describe reads afterwards.
func FuzzDescribe(f *testing.F) {
	seeds := [][]byte{
		{0x90, 0xe0, 0x81, 0x02, 200, 0x20, 0x00}, {0x90, 0x80, 0x7f, 0x00}, {0xa8, 0x80, 0x05, 0x00, 7, 0xaa}, {0xb8, 0x05, 0x02, 0xaa},
		{0x78, 0, 2, 0x68, 0xce, 0, 2, 0x65, 0x88}, {0x7c, 0x85, 0x88}, {0x18, 0x0a, 0x0b}, {},
	}
	for _, seed := range seeds {
		for kind := range byte(5) {
			f.Add(kind, seed, uint16(0x7ffe), uint8(250))
		}
	}
	kinds := []Codec{VP8, VP9, H264, AV1, Opus}
	f.Fuzz(func(t *testing.T, kind byte, payload []byte, id uint16, tl0 uint8) {
		codec := kinds[int(kind)%len(kinds)]
		d := Describe(codec, payload)
		switch codec {
		case VP8:
			var reference codecs.VP8Packet
			if _, err := reference.Unmarshal(payload); err == nil && (reference.I == 1 && d.HasPictureID() && reference.PictureID != d.PictureID || reference.L == 1 && d.TL0 != reference.TL0PICIDX) {
				t.Fatalf("%+v, pion reads %+v", d, reference)
			}
		case VP9:
			var reference codecs.VP9Packet
			if _, err := reference.Unmarshal(payload); err == nil && (reference.I != d.HasPictureID() || reference.PictureID != d.PictureID || reference.TL0PICIDX != d.TL0) {
				t.Fatalf("%+v, pion reads %+v", d, reference)
			}
		}
		shifted := bytes.Clone(payload)
		d.Shift(shifted, id, tl0)
		mask := uint16(0x7f)
		if d.idWide {
			mask = 0x7fff
		}
		after := Describe(codec, shifted)
		if after.Keyframe != d.Keyframe || after.HasPictureID() != d.HasPictureID() || d.HasPictureID() && after.PictureID != (d.PictureID+id)&mask || d.tl0Offset != 0 && after.TL0 != d.TL0+tl0 {
			t.Fatalf("%x is %+v, shifted by %d and %d %x is %+v", payload, d, id, tl0, shifted, after)
		}
		d = after
		d.Shift(shifted, -id, -tl0)
		if !slices.Equal(shifted, payload) {
			t.Fatalf("shifted there and back: %x, want %x", shifted, payload)
		}
	})
}
