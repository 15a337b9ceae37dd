package packet

import (
	"bytes"
	"errors"
	"testing"

	"github.com/pion/rtp"
)

func TestParse(t *testing.T) {
	header := func(first byte, rest ...byte) []byte {
		return append([]byte{first, 0x80 | 96, 0x12, 0x34, 1, 2, 3, 4, 5, 6, 7, 8}, rest...)
	}
	for name, tt := range map[string]struct {
		raw     []byte
		payload string
		bad     bool
	}{
		"plain":                            {header(0x80, 'a', 'b'), "ab", false},
		"no payload":                       {header(0x80), "", false},
		"two CSRC":                         {header(0x82, 1, 1, 1, 1, 2, 2, 2, 2, 'a'), "a", false},
		"extension of one word":            {header(0x90, 0xbe, 0xde, 0, 1, 9, 9, 9, 9, 'a'), "a", false},
		"extension without words":          {header(0x90, 0xbe, 0xde, 0, 0, 'a'), "a", false},
		"CSRC, extension and padding":      {header(0xb1, 1, 1, 1, 1, 0xbe, 0xde, 0, 1, 9, 9, 9, 9, 'a', 0, 2), "a", false},
		"padding only":                     {header(0xa0, 0, 0, 3), "", false},
		"short":                            {header(0x80)[:11], "", true},
		"empty":                            {nil, "", true},
		"version 1":                        {header(0x40, 'a'), "", true},
		"CSRC behind the end":              {header(0x81, 1, 1, 1), "", true},
		"extension's head behind the end":  {header(0x90, 0xbe, 0xde, 0), "", true},
		"extension behind the end":         {header(0x90, 0xbe, 0xde, 0, 2, 9, 9, 9, 9), "", true},
		"extension of 65,535 words":        {header(0x90, 0xbe, 0xde, 0xff, 0xff, 9), "", true},
		"padding of nothing":               {header(0xa0, 'a', 0), "", true},
		"padding longer than the payload":  {header(0xa0, 'a', 3), "", true},
		"padding without a payload":        {header(0xa0), "", true},
		"padding that reaches into a CSRC": {header(0xa1, 1, 1, 1, 5), "", true},
	} {
		h, payload, err := Parse(tt.raw)
		if tt.bad {
			if !errors.Is(err, ErrMalformed) {
				t.Errorf("%s: %v, want ErrMalformed", name, err)
			}
			continue
		}
		want := Header{Marker: true, PayloadType: 96, Sequence: 0x1234, Timestamp: 0x01020304, SSRC: 0x05060708}
		if err != nil || h != want || string(payload) != tt.payload {
			t.Errorf("%s: %+v %q %v, want %+v %q", name, h, payload, err, want, tt.payload)
		}
	}
}

// FuzzParse holds Parse to pion's reader of the same format, and Put to Parse.
func FuzzParse(f *testing.F) {
	f.Add([]byte{0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 'a', 'b'})
	f.Add([]byte{0xb2, 0xe0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0xbe, 0xde, 0, 1, 0x10, 9, 0, 0, 'a', 0, 2})
	f.Add([]byte{0x90, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0x10, 0, 0, 1, 1, 1, 9, 0, 'a'})
	f.Fuzz(func(t *testing.T, raw []byte) {
		h, payload, err := Parse(raw)
		if err != nil {
			return
		}
		if len(payload) > 0 && &payload[0] != &raw[len(raw)-cap(payload)-trailing(raw)] {
			t.Fatal("the payload does not alias the packet")
		}
		var reference rtp.Packet
		if reference.Unmarshal(bytes.Clone(raw)) == nil && !reference.Extension { // pion reads elements of RFC 8285 beyond the extension
			theirs := Header{Marker: reference.Marker, PayloadType: reference.PayloadType, Sequence: reference.SequenceNumber, Timestamp: reference.Timestamp, SSRC: reference.SSRC}
			if h != theirs || !bytes.Equal(payload, reference.Payload) {
				t.Fatalf("%+v %x, pion reads %+v %x", h, payload, theirs, reference.Payload)
			}
		}
		again := make([]byte, HeaderSize+len(payload))
		h.Put(again)
		copy(again[HeaderSize:], payload)
		if h2, payload2, err := Parse(again); err != nil || h2 != h || !bytes.Equal(payload2, payload) {
			t.Fatalf("written and read again: %+v %x %v", h2, payload2, err)
		}
	})
}

func TestTheTransportSequenceIsAHeaderExtension(t *testing.T) { // RFC 8285 section 4.2
	h := Header{PayloadType: 96, Sequence: 5, Timestamp: 6, SSRC: 7, Marker: true, Extension: 14, Transport: 0xabcd}
	b := append(make([]byte, h.Size()), "payload"...)
	h.Put(b)
	if SizeOf(b) != len(b)-7 || h.Size() != 20 || (Header{}).Size() != HeaderSize {
		t.Errorf("%d and %d bytes", SizeOf(b), h.Size())
	}
	var theirs rtp.Packet
	if err := theirs.Unmarshal(b); err != nil || !bytes.Equal(theirs.GetExtension(14), []byte{0xab, 0xcd}) || len(theirs.GetExtensionIDs()) != 1 || string(theirs.Payload) != "payload" {
		t.Errorf("pion reads %+v %v", theirs, err)
	}
	got, payload, err := Parse(b)
	if h.Extension, h.Transport = 0, 0; err != nil || got != h || string(payload) != "payload" {
		t.Errorf("read again: %+v %q %v", got, payload, err)
	}
	if h.Put(b); SizeOf(b) != HeaderSize {
		t.Errorf("%d bytes without it", SizeOf(b))
	}
}

// trailing is the size of a valid packet's padding.
func trailing(raw []byte) int {
	if raw[0]&0x20 == 0 {
		return 0
	}
	return int(raw[len(raw)-1])
}

func TestUnwrap(t *testing.T) {
	for _, tt := range []struct {
		reference uint64
		low       uint16
		want      uint64
	}{
		{0, 0, 0},
		{0, 1, 1},
		{0, 0xffff, 0xffff}, // -1 does not exist
		{0, 0x8000, 0x8000},
		{10, 9, 9},
		{0x1ffff, 0, 0x20000},      // over a wrap
		{0x20000, 0xffff, 0x1ffff}, // and back
		{0x20000, 0x7fff, 0x27fff}, // as far ahead as can be told
		{0x20000, 0x8000, 0x18000}, // half the circle is taken as late
		{0x7fff, 0x8000, 0x8000},
		{0xffff_ffff_0005, 4, 0xffff_ffff_0004},
	} {
		if got := Unwrap(tt.reference, tt.low); got != tt.want {
			t.Errorf("Unwrap(%#x, %#x) = %#x, want %#x", tt.reference, tt.low, got, tt.want)
		}
	}
}

func FuzzUnwrap(f *testing.F) {
	f.Add(uint64(0), uint16(0xffff))
	f.Add(uint64(0x1ffff), uint16(0))
	f.Fuzz(func(t *testing.T, reference uint64, low uint16) {
		reference >>= 8 // 2^56 packets are never reached
		got := Unwrap(reference, low)
		if uint16(got) != low {
			t.Fatalf("Unwrap(%#x, %#x) = %#x has other low bits", reference, low, got)
		}
		if d := int64(got - reference); (d < -0x8000 || d > 0x7fff) && (reference >= 0x8000 || d > 0xffff) {
			t.Fatalf("Unwrap(%#x, %#x) = %#x is %d away", reference, low, got, d)
		}
	})
}
