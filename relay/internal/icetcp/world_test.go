package icetcp_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/stun"
	"github.com/pion/webrtc/v3"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/icetcp"
	"github.com/coopnet/coopnet/relay/internal/leaktest"
	"github.com/coopnet/coopnet/relay/internal/packet"
	"github.com/coopnet/coopnet/relay/internal/peer"
	"github.com/coopnet/coopnet/relay/internal/peer/peertest"
)

// world is a media port with sessions, and the TCP port beside it.
type world struct {
	t      testing.TB
	socket *egress.Socket
	peers  *peer.Peers
	server *icetcp.Server
	ahead  atomic.Int64 // of the relay's clock
}

func newWorld(t testing.TB, limits icetcp.Limits) *world {
	t.Helper()
	return newWorldAt(t, "127.0.0.1:0", limits)
}

func newWorldAt(t testing.TB, address string, limits icetcp.Limits) *world {
	t.Helper()
	leaktest.Check(t)
	socket, listener, err := icetcp.ListenBoth(address)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, socket: socket}
	w.peers, err = peer.New(peer.Config{
		Socket: socket, Announce: []netip.AddrPort{socket.Local()}, TCP: true, Logger: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) },
	})
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() { defer close(read); w.peers.Run(context.Background()) }()
	w.server = icetcp.New(icetcp.Config{Listener: listener, Socket: socket, Sessions: w.peers, Limits: limits})
	t.Cleanup(func() {
		w.peers.Close()
		if err := w.server.Close(); err != nil {
			t.Error(err)
		}
		_ = socket.Close()
		<-read
	})
	return w
}

// viewer is a session and its other side, which is about to connect.
type viewer struct {
	*peer.Viewer
	remote *peertest.Viewer
	answer string
}

func (w *world) view() viewer {
	w.t.Helper()
	remote := peertest.New(w.t, peertest.Config{TCP: true})
	v, answer, err := w.peers.View(remote.Offer(), func([]byte) {})
	if err != nil {
		w.t.Fatal(err)
	}
	return viewer{v, remote, answer}
}

// connected is a viewer who gets media.
func (w *world) connected() viewer {
	w.t.Helper()
	v := w.view()
	v.remote.Connect(v.answer)
	peertest.Within(w.t, v.Connected(), "connected")
	return v
}

// check is the first datagram that the viewer's other side sends.
func (v viewer) check(c peertest.Check) []byte {
	v.remote.SetAnswer(v.answer)
	return v.remote.Request(c)
}

// send sends a burst of RTP packets in one batch. The index of the first is returned plus their number.
func (v viewer) send(b *egress.Batch, index uint64, count int) uint64 {
	for range count {
		reserved := b.Reserve()
		h := packet.Header{PayloadType: peertest.VP8, Sequence: uint16(index), SSRC: v.VideoSSRC}
		h.Put(reserved)
		v.Protect(b, reserved, packet.HeaderSize+1000, index)
		index++
	}
	b.Flush()
	return index
}

// present is a presenter's session: our credentials in it, the presenter's, and its end.
func (w *world) present() (s *peer.Presenter, answer, remoteUfrag string) {
	w.t.Helper()
	pc := peertest.NewClient(w.t, webrtc.Configuration{})
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, "video", "screen")
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := pc.AddTrack(track); err != nil {
		w.t.Fatal(err)
	}
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	s, answer, err = w.peers.Present(offer.SDP, "", peer.PresenterEvents{
		Track: func(peer.Incoming) {}, Report: func(peer.Kind, uint32) {}, State: func() {}, Closed: func() {},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(s.Close)
	return s, answer, attribute(offer.SDP, "ice-ufrag")
}

func attribute(description, key string) string {
	for line := range strings.Lines(description) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "a="+key+":"); ok {
			return value
		}
	}
	return ""
}

// request is a check for a session whose answer this is.
func request(t testing.TB, answer, remoteUfrag string) []byte {
	t.Helper()
	m, err := stun.Build(stun.TransactionID, stun.BindingRequest, stun.NewUsername(attribute(answer, "ice-ufrag")+":"+remoteUfrag),
		stun.RawAttribute{Type: stun.AttrUseCandidate}, stun.NewShortTermIntegrity(attribute(answer, "ice-pwd")), stun.Fingerprint)
	if err != nil {
		t.Fatal(err)
	}
	return m.Raw
}

// client is a connection that says what the test wants.
type client struct {
	*net.TCPConn
	t  testing.TB
	in *bufio.Reader
}

func (w *world) dial() *client { w.t.Helper(); return w.dialFrom("") }

// dialFrom dials from a loopback address.
func (w *world) dialFrom(source string) *client {
	w.t.Helper()
	var local *net.TCPAddr
	if source != "" {
		local = &net.TCPAddr{IP: net.ParseIP(source)}
	}
	conn, err := net.DialTCP("tcp", local, net.TCPAddrFromAddrPort(w.server.Addr()))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = conn.Close() })
	return &client{TCPConn: conn, t: w.t, in: bufio.NewReader(conn)}
}

// frame writes datagrams, each in a frame.
func (c *client) frame(datagrams ...[]byte) {
	c.t.Helper()
	for _, d := range datagrams {
		if _, err := c.Write(slices.Concat(binary.BigEndian.AppendUint16(nil, uint16(len(d))), d)); err != nil {
			c.t.Fatal(err)
		}
	}
}

// next reads a datagram; nil when the connection has ended.
func (c *client) next() []byte {
	c.t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(peertest.Patience))
	var size [2]byte
	_, err := io.ReadFull(c.in, size[:])
	b := make([]byte, binary.BigEndian.Uint16(size[:]))
	if err == nil {
		_, err = io.ReadFull(c.in, b)
	}
	if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
		c.t.Fatal("the relay neither answers nor closes")
	}
	if err != nil {
		return nil
	}
	return b
}

// closed waits until the relay closes the connection, and says how long that took.
func (c *client) closed() time.Duration {
	c.t.Helper()
	began := time.Now()
	for c.next() != nil {
	}
	return time.Since(began)
}

// answered reads the answer to a check. A presenter's session also checks by itself.
func (c *client) answered() *stun.Message {
	c.t.Helper()
	for {
		m := &stun.Message{Raw: c.next()}
		if err := m.Decode(); err != nil {
			c.t.Fatalf("no answer to a check: %v", err)
		}
		if m.Type == stun.BindingSuccess {
			return m
		}
	}
}
