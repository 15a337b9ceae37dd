package turn

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/pion/stun"
	pion "github.com/pion/turn/v3"
)

// shared is an HTTP server on a port that TURN uses too.
type shared struct {
	*world
	address string
	scheme  string
	client  *http.Client
}

func newShared(t *testing.T, secured bool) *shared {
	t.Helper()
	s := &shared{world: newWorld(t, Limits{}), scheme: "http"}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.trust}}
	s.client = &http.Client{Transport: transport, Timeout: patience}
	var config *tls.Config
	if secured {
		s.scheme = "https"
		config = s.server.cfg.TLS.Clone()
		config.NextProtos = ALPN()
	}
	server := &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %t %s", r.Proto, r.TLS != nil, body)
	})}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(s.server.Share(listener, config)) })
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		serving.Wait()
	})
	return s
}

func (s *shared) post(body string) string {
	s.t.Helper()
	answer, err := s.client.Post(s.scheme+"://"+s.address, "text/plain", bytes.NewBufferString(body))
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(text)
}

// turn makes an allocation over the shared port and sends a datagram through it.
func (s *shared) turn(conn net.Conn) {
	s.t.Helper()
	credential := s.credential("james")
	carried := pion.NewSTUNConn(conn)
	c, err := pion.NewClient(&pion.ClientConfig{TURNServerAddr: s.address, STUNServerAddr: s.address, Conn: carried,
		Username: credential.Username, Password: credential.Password, LoggerFactory: silent{}})
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { c.Close(); _ = carried.Close() }()
	if err := c.Listen(); err != nil {
		s.t.Fatal(err)
	}
	relayed, err := c.Allocate()
	if err != nil {
		s.t.Fatal(err)
	}
	defer relayed.Close()
	echo(s.t, relayed, net.UDPAddrFromAddrPort(s.media.Local()), bytes.Repeat([]byte{0x80}, 900))
}

func (s *shared) dial() net.Conn {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func TestOnePortForHTTPSAndTURN(t *testing.T) {
	s := newShared(t, true)
	if got := s.post("hello"); got != "HTTP/1.1 true hello" { // Go's client with its own TLS settings
		t.Error(got)
	}
	for _, protocols := range [][]string{nil, {"http/1.1"}, {"stun.turn"}} {
		s.turn(tls.Client(s.dial(), &tls.Config{RootCAs: s.trust, ServerName: "127.0.0.1", NextProtos: protocols}))
	}
	s.client.Transport.(*http.Transport).CloseIdleConnections()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.trust}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	s.client.Transport = transport
	for range 3 {
		if got := s.post("again"); got != "HTTP/2.0 true again" {
			t.Error(got)
		}
	}
}

func TestOnePortForHTTPAndTURN(t *testing.T) {
	s := newShared(t, false)
	if got := s.post("hello"); got != "HTTP/1.1 false hello" {
		t.Error(got)
	}
	s.turn(s.dial())
	if got := s.post("again"); got != "HTTP/1.1 false again" {
		t.Error(got)
	}
}

func TestASharedPortServesOthersWhileSomeSaySilent(t *testing.T) {
	s := newShared(t, false)
	for range maxLooksPerSource + 20 { // the last ones go to HTTP unseen
		s.dial()
	}
	if got := s.post("hello"); got != "HTTP/1.1 false hello" {
		t.Error(got)
	}
}

func TestASharedPortEndsWhatItHasNotDecided(t *testing.T) {
	w := newWorld(t, Limits{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := w.server.Share(listener, nil)
	silentOne, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer silentOne.Close()
	eventually(t, "the look", func() bool { p := port.(*sharedPort); p.mu.Lock(); defer p.mu.Unlock(); return len(p.open) == 1 })
	began := time.Now()
	if err := port.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("Close took %s", took)
	}
	if _, err := port.Accept(); err == nil {
		t.Error("Accept works on")
	}
	if !ended(silentOne) {
		t.Error("the connection lives on")
	}
}

// net/http says goodbye with half a close, so that a client which still sends a large body reads why it is refused.
func TestASharedPortClosesByHalves(t *testing.T) {
	for _, secured := range []bool{false, true} {
		w := newWorld(t, Limits{})
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		var server, client *tls.Config
		if secured {
			server, client = w.server.cfg.TLS, &tls.Config{RootCAs: w.trust, ServerName: "127.0.0.1"}
		}
		port := w.server.Share(listener, server)
		conn, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if secured {
			conn = tls.Client(conn, client)
		}
		if _, err := conn.Write([]byte("POST /")); err != nil {
			t.Fatal(err)
		}
		accepted, err := port.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer accepted.Close()
		half, ok := accepted.(interface{ CloseWrite() error })
		if !ok || half.CloseWrite() != nil {
			t.Fatalf("%T cannot be closed by halves", accepted)
		}
		if !ended(conn) {
			t.Error("the client does not see the end")
		}
		if _, err := conn.Write([]byte("more")); err != nil {
			t.Error(err)
		}
		var b [10]byte
		if n, err := io.ReadFull(accepted, b[:]); err != nil || string(b[:]) != "POST /more" {
			t.Errorf("%q %v", b[:n], err)
		}
		if err := port.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestRubbishOnASharedPort(t *testing.T) {
	s := newShared(t, false)
	conn := s.dial()
	if _, err := conn.Write([]byte{0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, 0}); err != nil { // TLS where there is none
		t.Fatal(err)
	}
	if !ended(conn) {
		t.Error("the connection lives on")
	}
	r := &raw{w: s.world, conn: s.dial(), credential: s.credential("james")}
	if c := r.request(stun.MethodAllocate, transport(protocolUDP)); c != 0 {
		t.Errorf("afterwards: %d", c)
	}
}
