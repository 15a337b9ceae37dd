package turn

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/pion/logging"
	"github.com/pion/stun"
	pion "github.com/pion/turn/v3"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/leaktest"
	"github.com/coopnet/coopnet/shared/turncred"
)

const patience = 10 * time.Second

// world is a TURN server before a media port that echoes.
type world struct {
	t      testing.TB
	server *Server
	media  *egress.Socket
	secret turncred.Secret
	trust  *x509.CertPool

	mu    sync.Mutex
	clock time.Duration // ahead of the real one
	came  int           // datagrams at the media port
}

func newWorld(t testing.TB, limits Limits) *world {
	t.Helper()
	return newWorldAt(t, "127.0.0.1", limits)
}

// newWorldAt has TURN at another address than the media port's.
func newWorldAt(t testing.TB, host string, limits Limits) *world {
	t.Helper()
	leaktest.Check(t)
	at := net.JoinHostPort(host, "0")
	w := &world{t: t}
	var err error
	if w.media, err = egress.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if w.secret, err = turncred.RandomSecret(rand.Reader); err != nil {
		t.Fatal(err)
	}
	config, trust := certificate(t)
	w.trust = trust
	w.server, err = New(Config{
		Listen: at, ListenTLS: at, TLS: config, Secret: w.secret, Socket: w.media, Limits: limits,
		Peers: []netip.AddrPort{w.media.Local()}, Logger: slog.New(slog.DiscardHandler), PionLogs: silent{}, Now: w.now,
		Deliver: func(datagram []byte, from netip.AddrPort) {
			w.mu.Lock()
			w.came++
			w.mu.Unlock()
			_ = w.media.Write(datagram, from)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.server.Close(); err != nil {
			t.Error(err)
		}
		if a, c := w.server.Live(); a != 0 || c != 0 {
			t.Errorf("%d allocations and %d connections outlived the server", a, c)
		}
		if h := &w.server.held; h.byCredential.Total() != 0 || h.bySource.Total() != 0 || h.connections.Total() != 0 {
			t.Errorf("left in the books: %d by credential, %d by source, %d connections", h.byCredential.Total(), h.bySource.Total(), h.connections.Total())
		}
		_ = w.media.Close()
	})
	return w
}

// silent keeps pion's client out of the test's output.
type silent struct{}

func (silent) NewLogger(string) logging.LeveledLogger {
	return &logging.DefaultLeveledLogger{} // its level is off
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.clock)
}

// sleepFor moves the server's clock.
func (w *world) sleepFor(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock += d
}

func (w *world) delivered() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.came
}

func (w *world) credential(id string) turncred.Credential {
	return w.secret.Mint(id, w.now().Add(time.Hour))
}

func certificate(t testing.TB) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	trust := x509.NewCertPool()
	trust.AddCert(leaf)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, trust
}

// transports are the ways to the server, by their name.
func (w *world) transports() map[string]func() net.Conn {
	dial := func(network, address string) net.Conn {
		w.t.Helper()
		conn, err := net.Dial(network, address)
		if err != nil {
			w.t.Fatal(err)
		}
		w.t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	plain := w.server.Addr().String()
	return map[string]func() net.Conn{
		"udp": func() net.Conn { return dial("udp", plain) },
		"tcp": func() net.Conn { return dial("tcp", plain) },
		"tls": func() net.Conn {
			at := w.server.AddrTLS()
			return tls.Client(dial("tcp", at.String()), &tls.Config{RootCAs: w.trust, ServerName: at.Addr().String()})
		},
	}
}

// pionClient is a real TURN client with an allocation.
func (w *world) pionClient(network string, credential turncred.Credential) (net.PacketConn, *pion.Client) {
	w.t.Helper()
	var conn net.PacketConn
	if network == "udp" {
		udp, err := net.ListenPacket("udp4", "127.0.0.1:0")
		if err != nil {
			w.t.Fatal(err)
		}
		conn = udp
	} else {
		conn = pion.NewSTUNConn(w.transports()[network]())
	}
	address := w.server.Addr().String()
	c, err := pion.NewClient(&pion.ClientConfig{
		STUNServerAddr: address, TURNServerAddr: address, Conn: conn, Username: credential.Username, Password: credential.Password, LoggerFactory: silent{},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := c.Listen(); err != nil {
		w.t.Fatal(err)
	}
	relayed, err := c.Allocate()
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		_ = relayed.Close()
		c.Close()
		_ = conn.Close()
	})
	return relayed, c
}

// raw is a client that can say anything.
type raw struct {
	w          *world
	conn       net.Conn
	credential turncred.Credential
	nonce      string
	at         netip.AddrPort // its relayed address, if somebody wants to know
}

func (w *world) raw(network string) *raw {
	w.t.Helper()
	return &raw{w: w, conn: w.transports()[network](), credential: w.credential("raw-" + network)}
}

// send writes any bytes.
func (r *raw) send(b []byte) {
	r.w.t.Helper()
	if _, err := r.conn.Write(b); err != nil {
		r.w.t.Fatal(err)
	}
}

// receive reads one STUN message, or nil when none comes in time or the connection ends. Channels' data is passed over.
func (r *raw) receive(wait time.Duration) *stun.Message {
	r.w.t.Helper()
	_ = r.conn.SetReadDeadline(time.Now().Add(wait))
	for {
		b := make([]byte, 1600)
		var n int
		var err error
		if r.overUDP() {
			n, err = r.conn.Read(b)
		} else if _, err = io.ReadFull(r.conn, b[:4]); err == nil {
			n = 4 + (int(binary.BigEndian.Uint16(b[2:]))+3)&^3
			if b[0] < 4 {
				n = 20 + int(binary.BigEndian.Uint16(b[2:]))
			}
			_, err = io.ReadFull(r.conn, b[4:n])
		}
		if err != nil {
			return nil
		}
		if b[0] >= 0x40 {
			continue
		}
		m := &stun.Message{Raw: b[:n]}
		if err := m.Decode(); err != nil {
			r.w.t.Fatalf("the server sent %x: %v", b[:n], err)
		}
		return m
	}
}

func (r *raw) overUDP() bool {
	_, is := r.conn.(*net.UDPConn)
	return is
}

// ask sends a request and returns the answer to it. Over UDP it sends again, as clients do.
func (r *raw) ask(m *stun.Message) *stun.Message {
	r.w.t.Helper()
	wait := patience
	if r.overUDP() {
		wait = 500 * time.Millisecond
	}
	for end := time.Now().Add(patience); time.Now().Before(end); {
		r.send(m.Raw)
		for answer := r.receive(wait); answer != nil; answer = r.receive(wait) {
			if answer.TransactionID == m.TransactionID {
				return answer
			}
		}
	}
	r.w.t.Fatalf("no answer to %s", m)
	return nil
}

// build makes an authenticated request; it fetches a nonce first.
func (r *raw) build(method stun.Method, setters ...stun.Setter) *stun.Message {
	r.w.t.Helper()
	if r.nonce == "" {
		answer := r.ask(message(r.w.t, method))
		var nonce stun.Nonce
		if code(answer) != stun.CodeUnauthorized || nonce.GetFrom(answer) != nil {
			r.w.t.Fatalf("%s was not challenged: %s", method, answer)
		}
		r.nonce = nonce.String()
	}
	setters = append(setters, stun.NewUsername(r.credential.Username), stun.NewRealm(realm), stun.NewNonce(r.nonce), r.integrity())
	return message(r.w.t, method, setters...)
}

func (r *raw) integrity() stun.MessageIntegrity {
	return stun.NewLongTermIntegrity(r.credential.Username, realm, r.credential.Password)
}

// request sends an authenticated request and returns the error code of the answer, 0 for success. A nonce that has ended
// is replaced, as clients do.
func (r *raw) request(method stun.Method, setters ...stun.Setter) stun.ErrorCode {
	r.w.t.Helper()
	answer := r.ask(r.build(method, setters...))
	var nonce stun.Nonce
	if code(answer) == stun.CodeStaleNonce && nonce.GetFrom(answer) == nil {
		r.nonce = nonce.String()
		answer = r.ask(r.build(method, setters...))
	}
	if c := code(answer); c != 0 {
		if c != stun.CodeUnauthorized && r.integrity().Check(answer) != nil {
			r.w.t.Errorf("%s: the answer %d has no integrity", method, c)
		}
		return c
	}
	if err := r.integrity().Check(answer); err != nil {
		r.w.t.Errorf("%s: %v", method, err)
	}
	return 0
}

func (r *raw) allocate() {
	r.w.t.Helper()
	if c := r.request(stun.MethodAllocate, transport(protocolUDP)); c != 0 {
		r.w.t.Fatalf("Allocate: %d", c)
	}
}

func message(t testing.TB, method stun.Method, setters ...stun.Setter) *stun.Message {
	t.Helper()
	m, err := stun.Build(append([]stun.Setter{stun.TransactionID, stun.NewType(method, stun.ClassRequest)}, setters...)...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func code(m *stun.Message) stun.ErrorCode {
	if m.Type.Class == stun.ClassSuccessResponse {
		return 0
	}
	var c stun.ErrorCodeAttribute
	if err := c.GetFrom(m); err != nil {
		return -1
	}
	return c.Code
}

func transport(protocol byte) stun.Setter {
	return stun.RawAttribute{Type: stun.AttrRequestedTransport, Value: []byte{protocol, 0, 0, 0}}
}

func lifetime(seconds uint32) stun.Setter {
	return stun.RawAttribute{Type: stun.AttrLifetime, Value: binary.BigEndian.AppendUint32(nil, seconds)}
}

func channel(n uint16) stun.Setter {
	return stun.RawAttribute{Type: stun.AttrChannelNumber, Value: []byte{byte(n >> 8), byte(n), 0, 0}}
}

// peerAt is an XOR-PEER-ADDRESS.
type peerAt netip.AddrPort

func (p peerAt) AddTo(m *stun.Message) error {
	a := netip.AddrPort(p)
	value := []byte{0, 1, 0, 0}
	binary.BigEndian.PutUint16(value[2:], a.Port()^0x2112)
	key := append(binary.BigEndian.AppendUint32(nil, 0x2112a442), m.TransactionID[:]...)
	ip := a.Addr().AsSlice()
	if len(ip) == 16 {
		value[1] = 2
	}
	for i := range ip {
		value = append(value, ip[i]^key[i])
	}
	m.Add(stun.AttrXORPeerAddress, value)
	return nil
}

func (w *world) peer() peerAt { return peerAt(w.media.Local()) }

// eventually waits for a condition.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not happen within %s", what, patience)
		}
	}
}

// ended reports whether the server closes the connection, whatever it has said before.
func ended(conn net.Conn) bool {
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	_, err := io.Copy(io.Discard, conn)
	return !errors.Is(err, os.ErrDeadlineExceeded)
}

// echo sends a datagram to the media port until it comes back.
func echo(t testing.TB, relayed net.PacketConn, to net.Addr, datagram []byte) {
	t.Helper()
	b := make([]byte, 1600)
	for range 20 {
		if _, err := relayed.WriteTo(datagram, to); err != nil {
			t.Fatal(err)
		}
		_ = relayed.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
		n, from, err := relayed.ReadFrom(b)
		if err != nil {
			continue
		}
		if !bytes.Equal(b[:n], datagram) || from.String() != to.String() {
			t.Fatalf("%d bytes came back from %s", n, from)
		}
		return
	}
	t.Fatal("nothing came back")
}
