package peer

import (
	"encoding/binary"
	"net"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/pion/ice/v2"
	"github.com/pion/stun"

	"github.com/coopnet/coopnet/relay/internal/egress"
)

const (
	// maxStreams is how many RTP streams a presenter may begin beside those of the offer: what a browser probes with.
	maxStreams = 8
	// maxDeclared is how many streams of the offer are known beforehand.
	maxDeclared = 16
	// maxHeld is how many datagrams wait for the session to be connected; more are dropped.
	maxHeld = 64
	// maxPresenterReports is how many RTCP datagrams a presenter may send in a second; browsers send one or two.
	maxPresenterReports = 20
)

// mediaGate stands between the media port and pion's session of one presenter.
//
// pion makes a stream of every SSRC, before it has verified the packet, and gives it to a reader that runs only some time
// after the handshake; a session that is closed meanwhile waits for that reader, and the reader for the session's lock.
// So nothing passes before the session is connected or once it is about to close, and few streams at all. Its RTCP meets
// pion's decoder (see packet.NextFeedback), therefore little of it passes.
type mediaGate struct {
	state   atomic.Int32 // closed, then open, then shut for good
	reports atomic.Int32 // RTCP datagrams that still pass in this second
	checks  atomic.Int32 // connectivity checks that do
	answers atomic.Int32 // answers to pion's own: not one budget, for anybody can forge these

	mu    sync.Mutex
	ssrcs []uint32
	begun int // streams that were not in the offer
}

const (
	gateClosed = iota
	gateOpen
	gateShut
)

func newMediaGate(declared []uint32) *mediaGate {
	g := &mediaGate{ssrcs: slices.Grow(slices.Clone(declared[:min(len(declared), maxDeclared)]), maxStreams)}
	g.refill()
	return g
}

func (g *mediaGate) open() { g.state.CompareAndSwap(gateClosed, gateOpen) }

func (g *mediaGate) shut() { g.state.Store(gateShut) }

// refill is called each second.
func (g *mediaGate) refill() {
	g.reports.Store(maxPresenterReports)
	g.checks.Store(maxChecks)
	g.answers.Store(maxChecks)
}

// passes says whether pion may see the datagram.
func (g *mediaGate) passes(datagram []byte) bool {
	switch egress.Classify(datagram) {
	case egress.RTP:
		return g.state.Load() == gateOpen && g.knows(binary.BigEndian.Uint32(datagram[8:]))
	case egress.RTCP:
		return g.state.Load() == gateOpen && g.reports.Add(-1) >= 0
	case egress.STUN:
		if binary.BigEndian.Uint16(datagram) == stun.BindingRequest.Value() {
			return g.checks.Add(-1) >= 0
		}
		return g.answers.Add(-1) >= 0
	}
	return true // of DTLS, what the guard let in
}

func (g *mediaGate) knows(ssrc uint32) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if slices.Contains(g.ssrcs, ssrc) {
		return true
	}
	if g.begun == maxStreams {
		return false
	}
	g.begun++
	g.ssrcs = append(g.ssrcs, ssrc)
	return true
}

// gatedMux is the presenters' ICE port for one session.
type gatedMux struct {
	ice.UDPMux
	gate    *mediaGate
	answers *reflexive
}

// GetConn implements ice.UDPMux.
func (m *gatedMux) GetConn(ufrag string, local net.Addr) (net.PacketConn, error) {
	conn, err := m.UDPMux.GetConn(ufrag, local)
	if err != nil {
		return nil, err
	}
	return &gatedConn{PacketConn: conn, gate: m.gate, answers: m.answers}, nil
}

// gatedConn belongs to one reader.
type gatedConn struct {
	net.PacketConn
	gate    *mediaGate
	answers *reflexive
	held    []heldDatagram // the presenter may be connected, and send, a moment before the relay is
}

type heldDatagram struct {
	bytes []byte
	from  net.Addr
}

// ReadFrom implements net.PacketConn. What was held comes with the first datagram behind the gate's opening.
func (c *gatedConn) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		for len(c.held) > 0 && c.gate.state.Load() != gateClosed {
			next := c.held[0]
			if c.held = c.held[1:]; c.gate.passes(next.bytes) {
				return copy(b, next.bytes), next.from, nil
			}
		}
		n, from, err := c.PacketConn.ReadFrom(b)
		if err != nil {
			return n, from, err
		}
		switch waiting := c.gate.state.Load() == gateClosed; {
		case waiting && isMedia(b[:n]):
			if len(c.held) < maxHeld {
				c.held = append(c.held, heldDatagram{bytes: slices.Clone(b[:n]), from: from})
			}
		case !waiting && len(c.held) > 0: // behind what is held
			c.held = append(c.held, heldDatagram{bytes: slices.Clone(b[:n]), from: from})
		case c.gate.passes(b[:n]):
			return n, from, nil
		}
	}
}

func isMedia(datagram []byte) bool {
	kind := egress.Classify(datagram)
	return kind == egress.RTP || kind == egress.RTCP
}
