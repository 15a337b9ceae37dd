package peer

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// helloBody is a ClientHello that offers these SRTP profiles; nil leaves the extension out.
func helloBody(profiles []uint16) []byte {
	vector := func(width int, content []byte) []byte {
		if width == 1 {
			return append([]byte{byte(len(content))}, content...)
		}
		return append(binary.BigEndian.AppendUint16(nil, uint16(len(content))), content...)
	}
	b := append([]byte{0xfe, 0xfd}, bytes.Repeat([]byte{7}, 32)...)
	b = append(b, vector(1, []byte("session"))...)
	b = append(b, vector(1, nil)...)                         // cookie
	b = append(b, vector(2, []byte{0xc0, 0x0a, 0, 0xff})...) // cipher suites
	b = append(b, vector(1, []byte{0})...)                   // compression
	extensions := append([]byte{0, 23}, vector(2, nil)...)   // extended master secret
	if profiles != nil {
		var list []byte
		for _, p := range profiles {
			list = binary.BigEndian.AppendUint16(list, p)
		}
		extensions = append(extensions, 0, useSRTP)
		extensions = append(extensions, vector(2, append(vector(2, list), 0))...)
	}
	return append(b, vector(2, append(extensions, append([]byte{0, 43}, vector(2, make([]byte, 300))...)...))...)
}

// piece is the handshake fragment with body[from:to] in a record of its own.
func piece(body []byte, from, to int) []byte {
	put24 := func(b []byte, n int) { b[0], b[1], b[2] = byte(n>>16), byte(n>>8), byte(n) }
	f := make([]byte, helloHeader, helloHeader+to-from)
	f[0] = 1
	put24(f[1:], len(body))
	put24(f[6:], from)
	put24(f[9:], to-from)
	f = append(f, body[from:to]...)
	record := append([]byte{22, 0xfe, 0xfd}, make([]byte, 8)...)
	return append(binary.BigEndian.AppendUint16(record, uint16(len(f))), f...)
}

func TestHelloFindsGCM(t *testing.T) {
	for name, tt := range map[string]struct {
		body []byte
		want bool
	}{
		"GCM last, as browsers list it": {helloBody([]uint16{1, 2, profileGCM}), true},
		"GCM alone":                     {helloBody([]uint16{profileGCM}), true},
		"AES-CM only":                   {helloBody([]uint16{1}), false},
		"an empty list":                 {helloBody([]uint16{}), false},
		"no SRTP at all":                {helloBody(nil), false},
		"an empty hello":                {nil, false},
		"without extensions":            {helloBody(nil)[:50], false},
	} {
		var h hello
		if !h.add(piece(tt.body, 0, len(tt.body))) {
			t.Errorf("%s: not complete", name)
		}
		if h.knowsGCM() != tt.want {
			t.Errorf("%s: %v", name, !tt.want)
		}
	}
}

func TestHelloIsReassembled(t *testing.T) {
	body := helloBody([]uint16{1, profileGCM})
	n := len(body)
	other := helloBody(nil)
	for name, datagrams := range map[string][][]byte{
		"in order":                  {piece(body, 0, 100), piece(body, 100, n)},
		"out of order":              {piece(body, 200, n), piece(body, 0, 100), piece(body, 100, 200)},
		"overlapping":               {piece(body, 0, 150), piece(body, 100, 250), piece(body, 50, n)},
		"repeated":                  {piece(body, 0, 100), piece(body, 0, 100), piece(body, 100, n)},
		"an empty fragment":         {piece(body, 50, 50), piece(body, 0, n)},
		"two records in a datagram": {append(piece(body, 0, 100), piece(body, 100, n)...)},
		"behind it another record":  {append(piece(body, 0, n), 20, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1)},
		"behind it half a record":   {append(piece(body, 0, n), 22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1)},
		"another hello in between":  {piece(body, 0, 100), piece(other, 0, len(other)), piece(body, 100, n)},
		"an alert before":           {{21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0}, piece(body, 0, n)},
	} {
		var h hello
		for i, d := range datagrams {
			if complete := h.add(d); complete != (i == len(datagrams)-1) {
				t.Errorf("%s: complete after datagram %d: %v", name, i, complete)
			}
		}
		if !bytes.Equal(h.body, body) || !h.knowsGCM() {
			t.Errorf("%s: reassembled wrongly", name)
		}
	}
}

func TestHelloIsBounded(t *testing.T) {
	var h hello
	huge := make([]byte, maxHello+1)
	h.add(piece(huge, 0, 1000))
	if h.body != nil {
		t.Errorf("%d bytes are kept for a hello of %d", len(h.body), len(huge))
	}
	largest := make([]byte, maxHello)
	for at := 0; at < maxHello; at += 1024 {
		if complete := h.add(piece(largest, at, at+1024)); complete != (at+1024 == maxHello) {
			t.Errorf("complete after %d bytes: %v", at+1024, complete)
		}
	}
	beyond := piece(largest, 0, 10)
	beyond[13+6], beyond[13+7], beyond[13+8] = 0, byte((maxHello-5)>>8), byte((maxHello-5)&0xff)
	if h.add(beyond); len(h.body) != maxHello {
		t.Error("a fragment behind the end changes the size")
	}
}

// FuzzHello cuts a hello into fragments in any order, or feeds rubbish: it never panics, never grows, and a complete one
// is what was sent.
func FuzzHello(f *testing.F) {
	body := helloBody([]uint16{1, profileGCM})
	f.Add(body, uint64(1), piece(body, 0, 100))
	f.Add(helloBody(nil), uint64(2), append(piece(body, 0, 100), piece(body, 100, len(body))...))
	f.Add([]byte{}, uint64(3), []byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, body []byte, seed uint64, rubbish []byte) {
		var h hello
		h.add(rubbish)
		h.knowsGCM()
		if len(h.body) > maxHello {
			t.Fatalf("%d bytes kept", len(h.body))
		}
		if len(body) > maxHello {
			return
		}
		h = hello{body: bytes.Clone(body)}
		h.knowsGCM()
		random := rand.New(rand.NewPCG(seed, 0))
		whole := hello{}
		for range 16 {
			from := random.IntN(len(body) + 1)
			whole.add(piece(body, from, from+random.IntN(len(body)-from+1)))
		}
		if !whole.add(piece(body, 0, len(body))) || !bytes.Equal(whole.body, body) {
			t.Fatal("reassembled wrongly")
		}
	})
}
