package egress

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/pion/stun"
)

// attribute is a STUN attribute with the padding of RFC 8489 section 14.
func attribute(kind uint16, value []byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, kind)
	b = binary.BigEndian.AppendUint16(b, uint16(len(value)))
	b = append(b, value...)
	return append(b, make([]byte, (4-len(value)%4)%4)...)
}

// message is a STUN message whose header tells the truth.
func message(kind uint16, attributes ...[]byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, kind)
	body := slices.Concat(attributes...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(body)))
	b = binary.BigEndian.AppendUint32(b, stunCookie)
	return slices.Concat(b, []byte("transaction1"), body)
}

// addressOf is the value of an address attribute (RFC 8489 section 14.1).
func addressOf(family byte, size int) []byte { return with(make([]byte, size), 1, family) }

func with(b []byte, at int, value byte) []byte {
	b = bytes.Clone(b)
	b[at] = value
	return b
}

func TestClassify(t *testing.T) {
	const binding, send, xorPeer = 0x0001, 0x0016, 0x0012
	plain := message(binding)
	many := func(n int) []byte { return message(binding, bytes.Repeat(attribute(0x8022, nil), n)) }
	for name, tt := range map[string]struct {
		datagram []byte
		want     Kind
	}{
		"Binding request":                     {plain, STUN},
		"username, integrity, fingerprint":    {message(binding, attribute(6, []byte("abcd:efgh")), attribute(8, make([]byte, 20)), attribute(0x8028, make([]byte, 4))), STUN},
		"32 attributes":                       {many(32), STUN},
		"33 attributes":                       {many(33), Refused},
		"IPv4 peer address":                   {message(send, attribute(xorPeer, addressOf(1, 8))), STUN},
		"IPv6 peer address":                   {message(send, attribute(xorPeer, addressOf(2, 20))), STUN},
		"IPv4 peer address as long as IPv6":   {message(send, attribute(xorPeer, addressOf(1, 20))), Refused},
		"IPv6 peer address as short as IPv4":  {message(send, attribute(xorPeer, addressOf(2, 8))), Refused},
		"peer address of no family":           {message(send, attribute(xorPeer, addressOf(0, 8))), Refused},
		"peer address of length 0":            {message(send, attribute(xorPeer, nil)), Refused},
		"peer address of length 4":            {message(send, attribute(xorPeer, make([]byte, 4))), Refused},
		"peer address of length 12":           {message(send, attribute(xorPeer, make([]byte, 12))), Refused},
		"relayed address of length 0":         {message(send, attribute(0x0016, nil)), Refused},
		"mapped address of length 0":          {message(binding, attribute(0x0020, nil)), Refused},
		"old mapped address of length 2":      {message(binding, attribute(0x0001, make([]byte, 2))), Refused},
		"empty username":                      {message(binding, attribute(6, nil)), Refused},
		"username of 513 bytes":               {message(binding, attribute(6, make([]byte, 513))), Refused},
		"integrity of 16 bytes":               {message(binding, attribute(8, make([]byte, 16))), Refused},
		"fingerprint of 8 bytes":              {message(binding, attribute(0x8028, make([]byte, 8))), Refused},
		"length says more than there is":      {with(plain, 3, 4), Refused},
		"length says less than there is":      {with(message(binding, attribute(0x8022, make([]byte, 4))), 3, 0), Refused},
		"length is no multiple of 4":          {append(with(plain, 3, 2), 0, 0), Refused},
		"attribute longer than the message":   {with(message(binding, attribute(0x8022, make([]byte, 4))), 23, 8), Refused},
		"attribute longer than 65,535":        {with(with(message(binding, attribute(0x8022, make([]byte, 4))), 22, 0xff), 23, 0xff), Refused},
		"another cookie":                      {with(plain, 4, 0), Refused},
		"STUN shorter than its header":        {plain[:16], Refused},
		"TURN channel data":                   {append([]byte{0x40, 0, 0, 12}, make([]byte, 12)...), Refused},
		"channel number above those assigned": {append([]byte{0x50, 0, 0, 12}, make([]byte, 12)...), Refused},
		"DTLS handshake":                      {append([]byte{22}, make([]byte, 13)...), DTLS},
		"DTLS record without content":         {append([]byte{22}, make([]byte, 12)...), Refused},
		"ZRTP":                                {append([]byte{16}, make([]byte, 20)...), Refused},
		"RTP":                                 {append([]byte{0x80, 96}, make([]byte, 10)...), RTP},
		"RTP with the marker":                 {append([]byte{0x90, 0x80 | 96}, make([]byte, 20)...), RTP},
		"RTCP receiver report":                {append([]byte{0x81, 201}, make([]byte, 20)...), RTCP},
		"RTCP generic feedback":               {append([]byte{0x81, 205}, make([]byte, 20)...), RTCP},
		"shorter than any":                    {make([]byte, 11), Refused},
		"empty":                               {nil, Refused},
		"as long as may be":                   {append([]byte{0x80, 96}, make([]byte, MaxDatagram-2)...), RTP},
		"too long":                            {append([]byte{0x80, 96}, make([]byte, MaxDatagram-1)...), Refused},
	} {
		if got := Classify(tt.datagram); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}

// FuzzClassify gives pion what passes the guard: nothing in it may panic.
func FuzzClassify(f *testing.F) {
	f.Add(message(1, attribute(6, []byte("abcd:efgh")), attribute(0x25, nil), attribute(8, make([]byte, 20)), attribute(0x8028, make([]byte, 4))))
	f.Add(message(0x0016, attribute(0x0012, addressOf(1, 8)), attribute(0x0013, []byte("data"))))
	f.Add(message(0x0101, attribute(0x0020, addressOf(2, 20)), attribute(0x0009, make([]byte, 4)), attribute(0x000a, make([]byte, 3))))
	f.Add(message(0x0111, attribute(0x0014, []byte("realm")), attribute(0x0015, []byte("nonce")), attribute(0x8023, make([]byte, 8))))
	f.Add(append([]byte{22, 0xfe, 0xfd}, make([]byte, 30)...))
	f.Fuzz(func(t *testing.T, datagram []byte) {
		kind := Classify(datagram)
		if kind != Refused && (len(datagram) < 12 || len(datagram) > MaxDatagram) {
			t.Fatalf("%d bytes pass", len(datagram))
		}
		if kind != STUN {
			return
		}
		m := &stun.Message{Raw: bytes.Clone(datagram)}
		if err := m.Decode(); err != nil {
			t.Fatalf("the guard lets %x through, pion says %v", datagram, err)
		}
		for _, getter := range []stun.Getter{
			&stun.XORMappedAddress{}, &stun.MappedAddress{}, &stun.AlternateServer{}, &stun.ErrorCodeAttribute{}, &stun.UnknownAttributes{},
			new(stun.Username), new(stun.Realm), new(stun.Nonce), new(stun.Software),
		} {
			_ = getter.GetFrom(m)
		}
		for _, kind := range []stun.AttrType{stun.AttrXORMappedAddress, stun.AttrXORPeerAddress, stun.AttrXORRelayedAddress} {
			_ = (&stun.XORMappedAddress{}).GetFromAs(m, kind) // panics on an attribute of length 0
		}
		_ = stun.Fingerprint.Check(m)
		_ = stun.NewShortTermIntegrity("password").Check(m)
	})
}

func BenchmarkClassify(b *testing.B) {
	datagram := append([]byte{0x80, 96}, make([]byte, 1100)...)
	for b.Loop() {
		if Classify(datagram) != RTP {
			b.Fatal("refused")
		}
	}
}
