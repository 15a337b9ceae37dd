package icetcp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
)

// written is how a client writes datagrams.
func written(datagrams ...[]byte) []byte {
	var b []byte
	for _, d := range datagrams {
		h := head(d)
		b = append(append(b, h[:]...), d...)
	}
	return b
}

// all reads to the end. What a reader returns is good until the next call only, so it is copied.
func all(f frames) (datagrams [][]byte, err error) {
	for {
		b, err := f.next()
		if err != nil {
			return datagrams, err
		}
		datagrams = append(datagrams, bytes.Clone(b))
	}
}

func TestFrames(t *testing.T) {
	small, large := []byte("datagram"), bytes.Repeat([]byte{7}, maxFrame)
	for name, tt := range map[string]struct {
		stream []byte
		want   [][]byte
		err    error
	}{
		"nothing":                    {nil, nil, io.EOF},
		"two":                        {written(small, large), [][]byte{small, large}, io.EOF},
		"null packets between":       {written(nil, small, nil, nil, large, nil), [][]byte{small, large}, io.EOF},
		"a byte of one":              {[]byte{0}, nil, io.EOF},
		"half of one":                {append(written(small), 0, 9, 1), [][]byte{small}, io.EOF},
		"larger than a datagram":     {append(written(small), 0x05, 0xdd), [][]byte{small}, errFrame},
		"as large as the length is":  {[]byte{0xff, 0xff, 1}, nil, errFrame},
		"TLS":                        {[]byte{22, 3, 1, 2, 0}, nil, errFrame},
		"HTTP":                       {[]byte("GET / HTTP/1.1\r\n"), nil, errFrame},
		"many in one piece":          {bytes.Repeat(written(large), 10), slices10(large), io.EOF},
		"the largest after a little": {append(written(small), written(large)...), [][]byte{small, large}, io.EOF},
	} {
		for way, reader := range map[string]io.Reader{"at once": bytes.NewReader(tt.stream), "byte by byte": iotest.OneByteReader(bytes.NewReader(tt.stream))} {
			got, err := all(newFrames(reader))
			if !errors.Is(err, tt.err) || !equal(got, tt.want) {
				t.Errorf("%s, %s: %d datagrams, %v", name, way, len(got), err)
			}
		}
	}
}

func slices10(b []byte) [][]byte {
	var list [][]byte
	for range 10 {
		list = append(list, b)
	}
	return list
}

func equal(a, b [][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !bytes.Equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

func TestFramesWait(t *testing.T) {
	f := newFrames(bytes.NewReader(append(written([]byte("one"), []byte("two")), 0, 5, 't', 'h', 'r', 'e')))
	if !f.waits() {
		t.Error("there is something before anything was read")
	}
	if b, err := f.next(); err != nil || string(b) != "one" || f.waits() {
		t.Errorf("%q, %v, waits %t", b, err, f.waits())
	}
	if b, err := f.next(); err != nil || string(b) != "two" || !f.waits() {
		t.Errorf("%q, %v, waits %t", b, err, f.waits())
	}
}

// FuzzFrames: whatever comes in whatever pieces, datagrams are those that a simple reader finds, and never larger than
// one may be.
func FuzzFrames(f *testing.F) {
	f.Add(written([]byte("one"), nil, []byte("two")), uint64(1))
	f.Add(written(make([]byte, maxFrame), make([]byte, maxFrame), make([]byte, maxFrame)), uint64(2))
	f.Add([]byte{0x05, 0xdd, 1, 2, 3}, uint64(3))
	f.Fuzz(func(t *testing.T, stream []byte, seed uint64) {
		got, err := all(newFrames(&pieces{bytes.NewReader(stream), rand.New(rand.NewPCG(seed, 0))}))
		var want [][]byte
		wantErr := io.EOF
		for rest := stream; len(rest) >= 2; {
			size := int(binary.BigEndian.Uint16(rest))
			if size > maxFrame {
				wantErr = errFrame
				break
			}
			if rest = rest[2:]; size > len(rest) {
				break
			}
			if size > 0 {
				want = append(want, rest[:size])
			}
			rest = rest[size:]
		}
		if !errors.Is(err, wantErr) || !equal(got, want) {
			t.Fatalf("%d datagrams and %v, want %d and %v", len(got), err, len(want), wantErr)
		}
		var null bool
		for _, d := range got {
			null = null || len(d) == 0 || len(d) > maxFrame
		}
		if again, err := all(newFrames(bytes.NewReader(written(got...)))); null || !errors.Is(err, io.EOF) || !equal(again, got) {
			t.Fatalf("written and read again: %d datagrams, %v", len(again), err)
		}
	})
}

// pieces reads a few bytes at a time.
type pieces struct {
	from io.Reader
	rand *rand.Rand
}

func (p *pieces) Read(b []byte) (int, error) {
	return p.from.Read(b[:min(len(b), 1+p.rand.IntN(2000))])
}
