package peer

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"

	"github.com/pion/stun"

	"github.com/coopnet/coopnet/relay/internal/peer/peertest"
	"github.com/coopnet/coopnet/shared/problem"
)

// FuzzFragment restarts a viewer's and a presenter's ICE with any fragment: it is refused, or answered with nothing of the
// sender's in it.
func FuzzFragment(f *testing.F) {
	peers, _ := newPeers(f, 0)
	f.Add("a=ice-ufrag:next\r\na=ice-pwd:" + strings.Repeat("p", 22) + "\r\n")
	f.Add("a=ice-options:trickle\r\na=ice-ufrag:abcd\r\na=ice-pwd:" + strings.Repeat("+/9a", 10) + "\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n")
	f.Add("a=ice-ufrag:ab\rcd\na=ice-pwd:" + strings.Repeat("p", 22))
	f.Add(crlf(browserOffer))
	f.Fuzz(func(t *testing.T, text string) {
		fragment, err := ReadFragment(text)
		if err != nil {
			if code := problem.From(err).Code; code != problem.SDPInvalid {
				t.Fatalf("refused with %s", code)
			}
			return
		}
		v, _, err := peers.View(crlf(browserOffer), func([]byte) {})
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		p, _, err := peers.Present(sending("96"), "", silent())
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		for _, s := range []interface {
			Restart(Fragment) (string, error)
		}{v, p} {
			answer, err := s.Restart(fragment)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Count(answer, "a=ice-ufrag:") > 1 || strings.Count(answer, "a=candidate:") > 1 || strings.Contains(answer, fragment.ice.password) {
				t.Fatalf("%q is answered with\n%s", text, answer)
			}
		}
	})
}

// FuzzMediaPort throws sequences of datagrams at a running media port, from a few addresses, some with the credentials of a
// viewer and of a presenter. Whatever comes, an honest viewer is answered and stays where it is, and little is kept.
func FuzzMediaPort(f *testing.F) {
	peers, _ := newPeers(f, 0)
	honest := peertest.New(f, peertest.Config{})
	viewer, answer := view(f, peers, honest, func([]byte) {})
	honest.Connect(answer)
	peertest.Within(f, viewer.Connected(), "connected")
	h, credential := newHostile(f, peers), identify(answer, "vwrU")
	for _, script := range hostileSeeds() {
		f.Add(script)
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		h.renew(t)
		for len(script) >= 3 {
			op, size := script[0], int(script[1])<<8|int(script[2])
			body := script[3:][:min(size, len(script)-3)]
			script = script[3+len(body):]
			h.play(op, body)
		}
		viewer.refill()
		before := viewer.checkedAt.Load()
		if h.send(checkWith(credential, nil), honest.Address()); viewer.checkedAt.Load() == before {
			t.Fatal("an honest check is not taken")
		}
		if to := viewer.destination.Load(); to == nil || to.Address != honest.Address() {
			t.Fatalf("an honest viewer's media goes to %v", to)
		}
		peers.demux.mu.RLock()
		defer peers.demux.mu.RUnlock()
		if n, all := len(peers.demux.byAddr), len(peers.demux.byPresenter); n > 2*maxPlaces || all > 2*maxAddresses {
			t.Fatalf("%d and %d addresses are kept", n, all)
		}
	})
}

// identify is how the sender of a check is named, and the password.
func identify(answer, theirs string) [2]string {
	return [2]string{attribute(answer, "ice-ufrag") + ":" + theirs, attribute(answer, "ice-pwd")}
}

// hostile has the rights to view and to share.
type hostile struct {
	peers  *Peers
	viewer *Viewer
	shares *Presenter

	view, share [2]string // by which a check is known
}

func newHostile(t testing.TB, peers *Peers) *hostile {
	t.Helper()
	h := &hostile{peers: peers}
	h.renew(t)
	return h
}

// renew begins the sessions that have ended, and gives them all that they may have in a second.
func (h *hostile) renew(t testing.TB) {
	t.Helper()
	var answer string
	var err error
	if h.viewer == nil || isClosed(h.viewer.Closed()) {
		if h.viewer, answer, err = h.peers.View(crlf(browserOffer), func([]byte) {}); err != nil {
			t.Fatal(err)
		}
		h.view = identify(answer, attribute(browserOffer, "ice-ufrag"))
	}
	if h.shares == nil || isClosed(h.shares.Closed()) {
		if h.shares, answer, err = h.peers.Present(sending("96"), "", silent()); err != nil {
			t.Fatal(err)
		}
		h.share = identify(answer, attribute(browserOffer, "ice-ufrag"))
	}
	h.viewer.refill()
	h.shares.gate.refill()
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// play does one step of a script.
func (h *hostile) play(op byte, body []byte) {
	from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 99, 0, op >> 5}), 9)
	switch op % 6 {
	case 0: // anything
		h.send(body, from)
	case 1: // any STUN message: its type and its attributes
		if len(body) >= 2 {
			b := binary.BigEndian.AppendUint16(body[:2:2], uint16(len(body)-2))
			b = binary.BigEndian.AppendUint32(b, 0x2112a442)
			h.send(append(append(b, "transaction!"...), body[2:]...), from)
		}
	case 2:
		h.send(checkWith(h.view, body), from)
	case 3:
		h.send(checkWith(h.share, body), from)
	case 4: // RTP, RTCP or DTLS
		if len(body) >= 1 {
			first := [...]byte{0x80, 0x81, 0x90, 22, 20, 63}[int(body[0])%6]
			h.send(append([]byte{first}, body[1:]...), from)
		}
	case 5: // a DTLS record as long as it says
		record := append([]byte{22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0}, byte(len(body)>>8), byte(len(body)))
		h.send(append(record, body...), from)
	}
}

func (h *hostile) send(datagram []byte, from netip.AddrPort) {
	h.peers.Deliver(append([]byte(nil), datagram[:min(len(datagram), 1500)]...), from)
}

// checkWith is a check with a right credential and any attributes; they end where they are not well-formed.
func checkWith(credential [2]string, attributes []byte) []byte {
	m := &stun.Message{TransactionID: stun.NewTransactionID()}
	m.SetType(stun.BindingRequest)
	m.WriteHeader()
	_ = stun.NewUsername(credential[0]).AddTo(m)
	for len(attributes) >= 4 && len(m.Raw) < 1000 {
		kind, size := binary.BigEndian.Uint16(attributes), int(attributes[3])
		value := attributes[4:][:min(size, len(attributes)-4)]
		attributes = attributes[4+len(value):]
		if t := stun.AttrType(kind); t != stun.AttrMessageIntegrity && t != stun.AttrFingerprint {
			m.Add(t, value)
		}
	}
	_ = stun.NewShortTermIntegrity(credential[1]).AddTo(m)
	_ = stun.Fingerprint.AddTo(m)
	return m.Raw
}

func hostileSeeds() [][]byte {
	step := func(op byte, body ...byte) []byte {
		return append([]byte{op, byte(len(body) >> 8), byte(len(body))}, body...)
	}
	join := func(parts ...[]byte) (all []byte) {
		for _, p := range parts {
			all = append(all, p...)
		}
		return all
	}
	nominate, controlling := []byte{0, 0x25, 0, 0}, []byte{0x80, 0x2a, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8}
	clientHello := append([]byte{1, 0, 0, 40, 0, 0, 0, 0, 0, 0, 0, 40, 254, 253}, make([]byte, 38)...)
	rtp := append([]byte{0, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}, make([]byte, 40)...)
	return [][]byte{
		step(0, []byte("anything at all")...), step(1, 0, 1, 0, 6, 0, 4, 'a', ':', 'b', 'c'), step(1, 1, 1, 0, 0x20, 0, 8, 0, 1, 0, 0, 1, 2, 3, 4),
		step(2, nominate...), step(2+0x20, join(controlling, nominate)...), step(3, controlling...),
		join(step(3, controlling...), step(3+0x22, nominate...), step(4, rtp...), step(4, join([]byte{1, 200}, make([]byte, 30))...)),
		join(step(2, nominate...), step(5, clientHello...), step(4, 3, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)),
		join(step(3, 0x80, 0x29, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8), step(1, 0x01, 0x11, 0, 9, 0, 4, 0, 0, 4, 87)),
		join(step(2, 0x7a, 0xbc, 0, 0), step(3, 0, 0x24, 0, 4, 0x6e, 0, 1, 0xff)),
	}
}
