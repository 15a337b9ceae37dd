package turn

import (
	"encoding/binary"
	"net"
	"testing"
	"time"

	"github.com/pion/stun"
)

// FuzzServer throws sequences of messages at a running server, some of them with a good credential, from a client that
// has an allocation with a channel. Whatever comes, nobody but the media port is reached and others are served.
func FuzzServer(f *testing.F) {
	w := newWorld(f, Limits{AnswerBurst: 1 << 20, AnswerInterval: time.Microsecond, RequestBurst: 1 << 20, RequestInterval: time.Microsecond,
		AttemptBurst: 1 << 20, AttemptInterval: time.Microsecond, PerCredential: 8, FirstFrame: time.Second})
	honest := w.raw("tcp")
	honest.allocate()
	hostile := w.raw("udp")
	for _, seed := range seeds(w) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		w.t = t
		prepare(hostile)
		for len(script) >= 3 {
			op, size := script[0], int(script[1])<<8|int(script[2])
			body := script[3:][:min(size, len(script)-3)]
			script = script[3+len(body):]
			play(hostile, op, body)
		}
		if c := code(hostile.ask(message(t, stun.MethodBinding))); c != 0 {
			t.Fatalf("the server does not answer: %d", c)
		}
		hostile.drain()
		if c := honest.request(stun.MethodRefresh); c != 0 {
			t.Fatalf("somebody else's allocation: %d", c)
		}
		if a, _ := w.server.Live(); a > 9 {
			t.Fatalf("%d allocations", a)
		}
	})
}

// prepare gives the hostile client an allocation with a permission and a channel, if it has none.
func prepare(r *raw) {
	r.w.t.Helper()
	r.nonce = ""
	switch c := r.request(stun.MethodAllocate, transport(protocolUDP)); c {
	case 0, stun.CodeAllocMismatch:
	default:
		r.w.t.Fatalf("Allocate: %d", c)
	}
	for _, method := range []stun.Method{stun.MethodCreatePermission, stun.MethodChannelBind} {
		switch c := r.request(method, r.w.peer(), channel(0x4000)); c {
		case 0, stun.CodeBadRequest: // bound to another number by the script before
		case stun.CodeWrongCredentials: // of another time: the allocation is an earlier script's
		default:
			r.w.t.Fatalf("%s: %d", method, c)
		}
	}
}

// play does one step of a script.
func play(r *raw, op byte, body []byte) {
	if op%6 != 4 {
		if b := frame(r, op, body); b != nil {
			r.send(b)
		}
		return
	}
	c := reset(r.w.transports()["tcp"]()) // a connection of its own
	_, _ = c.Write(body)                  // the server may have closed it already
	_ = c.Close()
}

// reset makes a connection end without a farewell, after which a port could not be used for a minute.
func reset(c net.Conn) net.Conn {
	_ = c.(*net.TCPConn).SetLinger(0)
	return c
}

// frame is what a step sends.
func frame(r *raw, op byte, body []byte) []byte {
	switch op % 6 {
	case 0: // anything
		if len(body) > 0 {
			return body
		}
	case 1: // any STUN message: its type and its attributes
		if len(body) >= 2 {
			return stunMessage(binary.BigEndian.Uint16(body), body[2:])
		}
	case 2: // a request with any attributes and a good credential
		if len(body) >= 1 {
			return signed(r, body[0], body[1:])
		}
	case 3: // a datagram in a channel
		if len(body) >= 2 {
			b := append([]byte{0x40 | body[0]&0x0f, body[1], 0, 0}, body[2:]...)
			binary.BigEndian.PutUint16(b[2:], uint16(len(body)-2))
			if !r.overUDP() {
				b = append(b, make([]byte, -len(b)&3)...)
			}
			return b
		}
	case 5: // a Send indication to the media port
		m := stun.Message{TransactionID: stun.NewTransactionID()}
		m.SetType(stun.NewType(stun.MethodSend, stun.ClassIndication))
		m.WriteHeader()
		_ = r.w.peer().AddTo(&m)
		m.Add(stun.AttrData, body[:min(len(body), 1200)])
		return m.Raw
	}
	return nil
}

// FuzzStream sends sequences of messages over a connection with an allocation and a channel, cut into pieces of any size.
// Whatever comes, the connection ends with its client, gives back what it held, and others are served.
func FuzzStream(f *testing.F) {
	const most = 200
	w := newWorld(f, Limits{RequestBurst: 1 << 20, RequestInterval: time.Microsecond, PerCredential: 2 * most, FirstFrame: time.Second})
	honest := w.raw("tcp")
	honest.allocate()
	for _, seed := range seeds(w) {
		f.Add(byte(0), seed)
		f.Add(byte(3), seed)
	}
	f.Fuzz(func(t *testing.T, piece byte, script []byte) {
		w.t = t
		r := w.raw("tcp")
		reset(r.conn)
		r.credential = w.credential("fuzz")
		prepare(r)
		var stream []byte
		for len(script) >= 3 {
			op, size := script[0], int(script[1])<<8|int(script[2])
			body := script[3:][:min(size, len(script)-3)]
			script = script[3+len(body):]
			stream = append(stream, frame(r, op, body)...)
		}
		for n := 1 + 4*int(piece); len(stream) > 0; stream = stream[min(n, len(stream)):] {
			if _, err := r.conn.Write(stream[:min(n, len(stream))]); err != nil {
				break // the server has closed it
			}
		}
		if c := honest.request(stun.MethodRefresh); c != 0 {
			t.Fatalf("somebody else's allocation: %d", c)
		}
		_ = r.conn.Close()
		if a, c := w.server.Live(); a > most || c > most {
			eventually(t, "the end of all connections but one", func() bool { a, c := w.server.Live(); return a == 1 && c == 1 })
		}
	})
}

func stunMessage(kind uint16, attributes []byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, kind)
	b = binary.BigEndian.AppendUint16(b, uint16(len(attributes)))
	b = binary.BigEndian.AppendUint32(b, 0x2112a442)
	id := stun.NewTransactionID()
	return append(append(b, id[:]...), attributes...)
}

// signed appends a credential to attributes; they are cut where they are not well-formed, because the library that signs
// must be able to read them.
func signed(r *raw, method byte, attributes []byte) []byte {
	m := &stun.Message{TransactionID: stun.NewTransactionID()}
	methods := []stun.Method{stun.MethodAllocate, stun.MethodRefresh, stun.MethodCreatePermission, stun.MethodChannelBind}
	m.SetType(stun.NewType(methods[int(method)%len(methods)], stun.ClassRequest))
	m.WriteHeader()
	for len(attributes) >= 4 && len(m.Raw) < 1100 {
		kind, size := binary.BigEndian.Uint16(attributes), int(attributes[3])
		value := attributes[4:][:min(size, len(attributes)-4)]
		attributes = attributes[4+len(value):]
		if t := stun.AttrType(kind); t != stun.AttrMessageIntegrity && t != stun.AttrFingerprint {
			m.Add(t, value)
		}
	}
	for _, s := range []stun.Setter{stun.NewUsername(r.credential.Username), stun.NewRealm(realm), stun.NewNonce(r.nonce), r.integrity()} {
		_ = s.AddTo(m)
	}
	return m.Raw
}

// drain forgets what was answered.
func (r *raw) drain() {
	for range 4096 {
		_ = r.conn.SetReadDeadline(time.Now())
		if _, err := r.conn.Read(make([]byte, 1600)); err != nil {
			return
		}
	}
}

// seeds are scripts that reach far: each rule of the front and each handler of pion.
func seeds(w *world) [][]byte {
	step := func(op byte, body ...byte) []byte {
		return append([]byte{op, byte(len(body) >> 8), byte(len(body))}, body...)
	}
	attribute := func(kind byte, value ...byte) []byte { return append([]byte{0, kind, 0, byte(len(value))}, value...) }
	peer := stun.Message{TransactionID: [12]byte{}}
	peer.WriteHeader()
	_ = w.peer().AddTo(&peer)
	to := peer.Raw[20:]
	join := func(parts ...[]byte) []byte {
		var all []byte
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	return [][]byte{
		step(0, 0, 1, 0, 0), step(1, 0, 0x16, 0, 0x12, 0, 0), step(1, join([]byte{0, 0x16}, to, attribute(0x13, 1, 2, 3, 4))...),
		step(2, join([]byte{0}, attribute(0x19, 17, 0, 0, 0), attribute(0x0d, 0, 0, 0, 1))...),
		step(2, join([]byte{0}, attribute(0x19, 6, 0, 0, 0), attribute(0x18, 0x80), attribute(0x22, 1, 2, 3, 4, 5, 6, 7, 8))...),
		join(step(2, join([]byte{1}, attribute(0x0d, 0, 0, 0, 0))...), step(2, join([]byte{0}, attribute(0x19, 17, 0, 0, 0))...)),
		step(2, join([]byte{2}, to, to)...), step(2, join([]byte{3}, attribute(0x0c, 0x40, 1, 0, 0), to)...),
		join(step(3, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), step(3, 0x0f, 0xff), step(5, make([]byte, 100)...)),
		step(4, 0, 3, 0xff, 0xec, 0x21, 0x12, 0xa4, 0x42), step(4, 0x40, 0, 0xff, 0xfd, 1, 2, 3, 4, 5, 6, 7, 8),
		step(2, join([]byte{0}, attribute(0x17, 2, 0, 0, 0), attribute(0x19, 17, 0, 0, 0), []byte{0x7a, 0xbc, 0, 0})...),
	}
}
