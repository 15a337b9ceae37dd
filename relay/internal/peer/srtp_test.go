package peer

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v2"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/packet"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestKeyDerivation(t *testing.T) { // RFC 3711 appendix B.3
	key, salt := unhex(t, "E1F97A0D3E018BE0D64FA32C06DE4139"), unhex(t, "0EC675AD498AFEEBB6960B3AABE6")
	for label, want := range map[byte]string{
		labelEncryption: "C61E7A93744F39EE10734AFE3FF7A087",
		labelSalt:       "30CBBC08863D8C85D49DB34A9AE1",
		labelAuth: "CEBE321F6FF7716B6FD4AB49AF256A15 6D38BAA48F0A0ACF3C34E2359E6CDBCE E049646C43D9327AD175578EF7227098" +
			"6371C10C9A369AC2F94A8C5FBCDDDC25 6D6E919A48B610EF17C2041E47403576 6B68642C59BBFC2F34DB60DBDFB2",
	} {
		expected := unhex(t, want)
		if got, err := derive(label, key, salt, len(expected)); err != nil || !bytes.Equal(got, expected) {
			t.Errorf("label %d: %X %v, want %X", label, got, err, expected)
		}
	}
}

func TestKeystream(t *testing.T) { // RFC 3711 appendix B.2
	k, err := keystreamOf(unhex(t, "2B7E151628AED2A6ABF7158809CF4F3C"))
	if err != nil {
		t.Fatal(err)
	}
	const blocks = 65282
	b := make([]byte, 16*blocks, 16*blocks+gcmTag)
	k.xor(b, elementOf(unhex(t, "F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000")))
	for block, want := range map[int]string{
		0: "E03EAD0935C95E80E166B16DD92B4EB4", 1: "D23513162B02D0F72A43A2FE4A5F97AB", 2: "41E95B3BB0A2E8DD477901E4FCA894C0",
		0xfeff: "EC8CDF7398607CB0F2D21675EA9EA1E4", 0xff00: "362B7C3C6773516318A077D7FC5073AE", 0xff01: "6A2CC3787889374FBEB4C81B17BA6C44",
	} {
		if got := b[16*block : 16*block+16]; !bytes.Equal(got, unhex(t, want)) {
			t.Errorf("block %#x is %X, want %s", block, got, want)
		}
	}
}

func keystreamOf(key []byte) (*keystream, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return newKeystream(block)
}

// FuzzKeystream holds our counter mode to the standard library's, over packets in any order.
func FuzzKeystream(f *testing.F) {
	f.Add([]byte("0123456789abcdef"), []byte("0000000000000011111111111111"), uint16(100))
	f.Add(make([]byte, 16), bytes.Repeat([]byte{0xff}, 28), uint16(1))
	f.Add([]byte("fedcba9876543210"), append(make([]byte, 13), 1), uint16(1460))
	f.Fuzz(func(t *testing.T, key, counters []byte, size uint16) {
		if len(key) != 16 {
			return
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			t.Fatal(err)
		}
		k, err := newKeystream(block)
		if err != nil {
			t.Fatal(err)
		}
		n := int(size % packet.MaxSize)
		b, want := make([]byte, n, n+gcmTag), make([]byte, n)
		for ; len(counters) >= 14; counters = counters[14:] {
			iv := append(bytes.Clone(counters[:14]), 0, 0)
			copy(b, counters)
			copy(want, counters)
			cipher.NewCTR(block, iv).XORKeyStream(want, want)
			if k.xor(b, elementOf(iv)); !bytes.Equal(b, want) {
				t.Fatalf("from %x: %x, want %x", iv, b, want)
			}
		}
	})
}

func TestSealGCM(t *testing.T) { // RFC 7714 section 16.1.1
	g, err := gcmOf(unhex(t, "000102030405060708090a0b0c0d0e0f"), []byte("Quid pro quo"))
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, egress.MaxDatagram)
	n := copy(b, unhex(t, "8040f17b 8041f8d3 5501a0b2"))
	n += copy(b[n:], "Gallia est omnis divisa in partes tres")
	want := unhex(t, "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833"+
		"899d7f27 beb16a91 52cf765e e4390cce")
	if n = g.seal(b, n, 0xf17b); !bytes.Equal(b[:n], want) {
		t.Errorf("sealed %x, want %x", b[:n], want)
	}
}

// profile is an SRTP profile with keys as DTLS exports them.
type profile struct {
	name    string
	profile srtp.ProtectionProfile
	salt    int
}

func profiles() []profile {
	return []profile{{"cm", srtp.ProtectionProfileAes128CmHmacSha1_80, 14}, {"gcm", srtp.ProtectionProfileAeadAes128Gcm, 12}}
}

func (p profile) keys() (key, salt []byte) {
	return []byte("0123456789abcdef"), []byte("ABCDEFGHIJKLMN")[:p.salt]
}

func (p profile) sealer(t testing.TB) sealer {
	t.Helper()
	key, salt := p.keys()
	s, err := newSealer(p.profile, key, salt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (p profile) pion(t testing.TB) *srtp.Context {
	t.Helper()
	key, salt := p.keys()
	c, err := srtp.CreateContext(key, salt, p.profile)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestPionOpensWhatWeSeal sends three streams of one viewer, interleaved, over two rollovers of their sequence numbers; the
// third has a header extension.
func TestPionOpensWhatWeSeal(t *testing.T) {
	for _, p := range profiles() {
		t.Run(p.name, func(t *testing.T) {
			sealer, opener := p.sealer(t), p.pion(t)
			b := make([]byte, egress.MaxDatagram)
			var index uint64
			for i := 0; index < 0x2_0040; i++ {
				if near := index & 0xffff; near > 0x40 && near < 0xffc0 { // far from a rollover: in steps that pion can follow
					index += 0x3ff0
				}
				index++
				for ssrc := range uint32(3) {
					size := (int(index)*37 + int(ssrc)*501) % (packet.MaxSize + 3 - packet.HeaderSize)
					h := packet.Header{PayloadType: 96, Sequence: uint16(index), Timestamp: uint32(index), SSRC: 0xfffffff0 + ssrc, Marker: index&1 == 0}
					if ssrc == 2 {
						h.Extension, h.Transport = 1+uint8(index%14), uint16(index)
					}
					h.Put(b)
					payload := bytes.Repeat([]byte{byte(index)}, size)
					copy(b[h.Size():], payload)
					n := sealer.seal(b, h.Size()+size, index)
					plain, err := opener.DecryptRTP(nil, b[:n], nil)
					if err != nil {
						t.Fatalf("packet %#x of %d bytes: %v", index, size, err)
					}
					if opened := plain[:h.Size()]; h.Extension != 0 && (opened[16] != h.Extension<<4|1 || binary.BigEndian.Uint16(opened[17:]) != h.Transport) {
						t.Fatalf("packet %#x: header %x", index, opened)
					}
					h.Extension, h.Transport = 0, 0
					if got, opened, err := packet.Parse(plain); err != nil || got != h || !bytes.Equal(opened, payload) {
						t.Fatalf("packet %#x: %+v %v", index, got, err)
					}
				}
			}
		})
	}
}

func TestSealingDoesNotAllocate(t *testing.T) {
	for _, p := range profiles() {
		sealer, b := p.sealer(t), make([]byte, egress.MaxDatagram)
		packet.Header{SSRC: 1, Extension: 3}.Put(b)
		index := uint64(0xfff0)
		if allocated := testing.AllocsPerRun(100, func() { index++; sealer.seal(b, 1112, index) }); allocated != 0 {
			t.Errorf("%s: %v allocations for each packet", p.name, allocated)
		}
	}
}

func TestNewSealerRefusesOtherProfiles(t *testing.T) {
	key, salt := profiles()[0].keys()
	for _, other := range []srtp.ProtectionProfile{0, srtp.ProtectionProfileAes128CmHmacSha1_32, srtp.ProtectionProfileAeadAes256Gcm} {
		if _, err := newSealer(other, key, salt); err == nil {
			t.Errorf("profile %v is accepted", other)
		}
	}
	if _, err := newSealer(srtp.ProtectionProfileAeadAes128Gcm, key[:15], salt[:12]); err == nil {
		t.Error("a key of 15 bytes is accepted")
	}
}

// BenchmarkSeal is our encryption beside pion's, for packets of 1,100 bytes.
func BenchmarkSeal(b *testing.B) {
	for _, p := range profiles() {
		b.Run(p.name, func(b *testing.B) {
			sealer, out := p.sealer(b), make([]byte, egress.MaxDatagram)
			packet.Header{SSRC: 1}.Put(out)
			b.ReportAllocs()
			for index := uint64(1); b.Loop(); index++ {
				binary.BigEndian.PutUint16(out[2:], uint16(index))
				sealer.seal(out, packet.HeaderSize+1100, index)
			}
		})
	}
	for _, p := range profiles() {
		b.Run(fmt.Sprint("pion-", p.name), func(b *testing.B) {
			context, out, payload := p.pion(b), make([]byte, 0, egress.MaxDatagram), make([]byte, packet.HeaderSize+1100)
			h := rtp.Header{Version: 2, SSRC: 1}
			packet.Header{SSRC: 1}.Put(payload)
			b.ReportAllocs()
			for b.Loop() {
				h.SequenceNumber++
				binary.BigEndian.PutUint16(payload[2:], h.SequenceNumber)
				if _, err := context.EncryptRTP(out, payload, &h); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
