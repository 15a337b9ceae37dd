package turn

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/stun"

	"github.com/coopnet/coopnet/relay/internal/egress"
)

// The limits that docs/operations.md promises.
func TestTheLimitsOfWhoSetsNone(t *testing.T) {
	want := Limits{PerCredential: 32, PerSource: 2000, Allocations: 8000, Tests: 1000, ConnectionsPerSource: 1024, Connections: 4096,
		FirstFrame: 10 * time.Second, Unallocated: 30 * time.Second, Idle: 60 * time.Second, AnswerBurst: 100, AnswerInterval: 40 * time.Millisecond,
		RequestBurst: 128, RequestInterval: 50 * time.Millisecond, AttemptBurst: 1000, AttemptInterval: 5 * time.Millisecond}
	if got := (Limits{}).withDefaults(); got != want {
		t.Errorf("%+v", got)
	}
	if got := want.withDefaults(); got != want {
		t.Errorf("%+v", got)
	}
}

func TestFramesAreAtMost1500Bytes(t *testing.T) {
	for _, network := range []string{"tcp", "tls"} {
		w := newWorld(t, Limits{})
		for name, tt := range map[string]struct {
			size  int
			taken bool
		}{"as long as may be": {1500 - channelHeader, true}, "longer": {1500 - channelHeader + 1, false}} {
			r := w.raw(network)
			r.open(netip.AddrPort(w.peer()))
			eventually(t, "what comes before", func() bool { return w.server.ToMedia.Load() > 0 })
			before := w.delivered()
			frame := binary.BigEndian.AppendUint16([]byte{0x40, 0}, uint16(tt.size))
			r.send(append(frame, make([]byte, (tt.size+3)&^3)...))
			if !tt.taken {
				if !ended(r.conn) {
					t.Errorf("a frame %s over %s: the connection lives on", name, network)
				}
				continue
			}
			eventually(t, "a datagram "+name, func() bool { return w.delivered() > before })
		}
	}
}

// dribble is a connection that sends one byte at a time.
type dribble struct{ net.Conn }

func (d dribble) Write(b []byte) (int, error) {
	for i := range b {
		if _, err := d.Conn.Write(b[i : i+1]); err != nil {
			return i, err
		}
	}
	return len(b), nil
}

func TestOneByteAtATime(t *testing.T) {
	w := newWorld(t, Limits{})
	for _, network := range []string{"tcp", "tls"} {
		r := w.raw(network)
		r.conn = dribble{r.conn}
		r.open(netip.AddrPort(w.peer()))
	}
	eventually(t, "both datagrams", func() bool { return w.delivered() == 2 })
	if n := w.server.Malformed.Load(); n != 0 {
		t.Errorf("%d messages were taken for malformed", n)
	}
}

// A client that does not read costs others nothing and the relay little, and is ended.
func TestASlowClientHoldsNobodyUp(t *testing.T) {
	w := newWorld(t, Limits{})
	var to []*egress.Destination
	for _, network := range []string{"tcp", "tls"} {
		to = append(to, w.media.Destination(w.raw(network).open(netip.AddrPort(w.peer()))))
	}
	quick := w.raw("udp")
	toQuick := w.media.Destination(quick.open(netip.AddrPort(w.peer())))
	eventually(t, "all channels", func() bool { return w.delivered() == 3 })
	batch := w.media.NewBatch()
	const frames, size = 2000, 1200
	b := make([]byte, 1600)
	began := time.Now()
	for n := range frames {
		for range 4 {
			for _, d := range to {
				batch.Reserve()[0] = 0x80
				batch.Commit(d, size)
			}
		}
		want := []byte{0x80, 96, byte(n >> 8), byte(n)}
		copy(batch.Reserve(), want)
		batch.Commit(toQuick, size)
		batch.Flush()
		_ = quick.conn.SetReadDeadline(time.Now().Add(patience))
		for read := 0; read != channelHeader+size; { // what the channel's first datagram brought back comes before
			var err error
			if read, err = quick.conn.Read(b); err != nil {
				t.Fatalf("frame %d did not come: %v", n, err)
			}
		}
		if !bytes.Equal(b[channelHeader:channelHeader+4], want) {
			t.Fatalf("frame %d is %x", n, b[:8])
		}
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("%d frames took %s", frames, took)
	}
	if w.server.Overflowed.Load() == 0 {
		t.Error("nothing was dropped: the test shows nothing")
	}
	w.server.mu.Lock()
	for c := range w.server.streams {
		c.mu.Lock()
		if n := len(c.out); n > queueSize {
			t.Errorf("%d bytes wait", n)
		}
		c.mu.Unlock()
	}
	w.server.mu.Unlock()
	if testing.Short() {
		return
	}
	for deadline := time.Now().Add(2 * writeTimeout); ; time.Sleep(10 * time.Millisecond) {
		if _, c := w.server.Live(); c == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the slow connections live on")
		}
	}
}

// Close waits for nobody: not for those who do not read, do not speak, or are in the middle of a handshake.
func TestCloseWaitsForNoClient(t *testing.T) {
	w := newWorld(t, Limits{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := w.server.Share(listener, w.server.cfg.TLS)
	dial := func(address string) net.Conn {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	var open []net.Conn
	half := []byte{0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, 0} // the beginning of a ClientHello
	for _, address := range []string{w.server.Addr().String(), w.server.AddrTLS().String(), listener.Addr().String()} {
		quiet, begun := dial(address), dial(address)
		if address != w.server.Addr().String() {
			if _, err := begun.Write(half); err != nil {
				t.Fatal(err)
			}
		}
		open = append(open, quiet, begun)
	}
	batch := w.media.NewBatch()
	for _, network := range []string{"tcp", "tls", "udp"} {
		r := w.raw(network)
		r.credential = w.credential(network)
		to := w.media.Destination(r.open(netip.AddrPort(w.peer())))
		for range 3000 { // more than the kernel's buffers and ours hold
			batch.Commit(to, len(batch.Reserve())-100)
		}
		batch.Flush()
	}
	eventually(t, "all are there", func() bool {
		p := port.(*sharedPort)
		p.mu.Lock()
		defer p.mu.Unlock()
		_, c := w.server.Live()
		return len(p.open) == 2 && c == 6
	})
	began := time.Now()
	if err := port.Close(); err != nil {
		t.Error(err)
	}
	if err := w.server.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %s", took)
	}
	for i, conn := range open {
		if !ended(conn) {
			t.Errorf("connection %d lives on", i)
		}
	}
}

// A renewed certificate is served to the next client, on every port.
func TestARenewedCertificateIsServed(t *testing.T) {
	w := newWorld(t, Limits{})
	first, _ := certificate(t)
	second, _ := certificate(t)
	var current atomic.Pointer[tls.Certificate]
	w.server.cfg.TLS.Certificates = nil
	w.server.cfg.TLS.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return current.Load(), nil }
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := w.server.Share(listener, w.server.cfg.TLS.Clone())
	defer port.Close()
	for _, want := range []*tls.Config{first, second} {
		current.Store(&want.Certificates[0])
		for _, address := range []string{w.server.AddrTLS().String(), listener.Addr().String()} {
			conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
			if err != nil {
				t.Fatal(err)
			}
			if got := conn.ConnectionState().PeerCertificates[0].Raw; !bytes.Equal(got, want.Certificates[0].Certificate[0]) {
				t.Errorf("%s serves another certificate", address)
			}
			if _, err := conn.Write(message(t, stun.MethodBinding).Raw); err != nil {
				t.Error(err)
			}
			_ = conn.Close()
		}
	}
}
