package standalone

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v3"

	"github.com/coopnet/coopnet/relay"
	"github.com/coopnet/coopnet/shared/certfile/certtest"
)

// ticketFor is a join-token answer's part about TURN.
type ticketFor struct {
	ICEServers []struct {
		URLs                 []string
		Username, Credential string
	}
}

func joinToken(t *testing.T, r Ready, data string) ticketFor {
	t.Helper()
	d, err := readDemo(filepath.Join(data, demoFile))
	if err != nil || d == nil {
		t.Fatalf("demo: %v, %v", d, err)
	}
	v := &visitor{t: t, api: r.API, cookies: map[string]string{}}
	var ignored any
	v.call(http.MethodPost, "/admissions", map[string]string{"name": d.Name, "password": d.Password}, &ignored)
	v.call(http.MethodPut, "/identity", map[string]any{"title": "Mr", "name": "James BOND", "email": "james@example.com", "remember": false}, &ignored)
	var answer ticketFor
	v.call(http.MethodPost, "/join-tokens", map[string]string{"mode": "browser"}, &answer)
	return answer
}

// allocate makes an allocation as a browser would, and asks for the way to the media port.
func allocate(t *testing.T, conn net.PacketConn, server, username, credential, media string) {
	t.Helper()
	c, err := turn.NewClient(&turn.ClientConfig{STUNServerAddr: server, TURNServerAddr: server, Conn: conn, Username: username, Password: credential,
		LoggerFactory: &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { c.Close(); _ = conn.Close() }()
	if err := c.Listen(); err != nil {
		t.Fatal(err)
	}
	relayed, err := c.Allocate()
	if err != nil {
		t.Fatalf("Allocate at %s: %v", server, err)
	}
	defer relayed.Close()
	if err := c.CreatePermission(net.UDPAddrFromAddrPort(netip.MustParseAddrPort(media))); err != nil {
		t.Errorf("permission for the media port: %v", err)
	}
	if err := c.CreatePermission(&net.UDPAddr{IP: net.IPv4(169, 254, 169, 254), Port: 80}); err == nil {
		t.Error("permission for the metadata address")
	}
}

func dial(t *testing.T, network, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestJoinTokensOpenTURN(t *testing.T) {
	r, data, _ := startSystem(t)
	if r.Turn == "" || r.Turns != "" {
		t.Fatalf("the ready file says turn %q, turns %q", r.Turn, r.Turns)
	}
	answer := joinToken(t, r, data)
	_, port, _ := net.SplitHostPort(r.Turn)
	want := []string{"turn:127.0.0.1:" + port + "?transport=udp", "turn:127.0.0.1:" + port + "?transport=tcp"}
	if len(answer.ICEServers) != 1 || !slices.Equal(answer.ICEServers[0].URLs, want) {
		t.Fatalf("%+v, want %v", answer, want)
	}
	s := answer.ICEServers[0]
	if strings.Contains(strings.ToLower(s.Username), "james") {
		t.Errorf("the username %q says who it is", s.Username)
	}
	udp, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	allocate(t, udp, r.Turn, s.Username, s.Credential, r.Media)
	allocate(t, turn.NewSTUNConn(dial(t, "tcp", r.Turn)), r.Turn, s.Username, s.Credential, r.Media)
	// The portal's own port, in plain because the portal is.
	portal := strings.TrimPrefix(r.Portal, "http://")
	allocate(t, turn.NewSTUNConn(dial(t, "tcp", portal)), portal, s.Username, s.Credential, r.Media)
}

func TestTURNOverTLSAndOnThePortalsPort(t *testing.T) {
	certFile, keyFile := certtest.Write(t, t.TempDir(), 1, time.Now())
	cfg := Config{Listen: "localhost:0", Media: "127.0.0.1:0", Turn: "127.0.0.1:0", Turns: "127.0.0.1:0", TLS: TLS{TLSCert: certFile, TLSKey: keyFile}}
	var log bytes.Buffer
	s := &system{cfg: cfg, lifetime: lifetime{logger: slog.New(slog.NewTextHandler(&log, nil)), failed: make(chan error, 2)}}
	s.handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	t.Cleanup(func() { _ = s.close() })
	if err := s.listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	var err error
	s.media, err = relay.New(relay.Config{ID: "r", Issuer: "i", Keys: noKeys{}, Media: cfg.Media, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	s.onStop(func() error { return s.media.Shutdown(t.Context()) })
	if err := s.startTurn(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.serve(t.Context()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(certFile)
	if err != nil {
		t.Fatal(err)
	}
	trust := x509.NewCertPool()
	trust.AppendCertsFromPEM(text)
	_, portal, _ := net.SplitHostPort(s.listener.Addr().String())
	turns := s.media.TurnTLSAddr()
	urls := s.turnURLs()
	if len(urls) != 4 || urls[2] != "turns:localhost:"+strings.Split(turns.String(), ":")[1]+"?transport=tcp" || urls[3] != "turns:localhost:"+portal+"?transport=tcp" {
		t.Errorf("%v", urls)
	}
	credential := s.turnSecret.Mint("james", time.Now().Add(time.Minute))
	for _, address := range []string{turns.String(), s.listener.Addr().String()} {
		conn := tls.Client(dial(t, "tcp", address), &tls.Config{RootCAs: trust, ServerName: "localhost"})
		allocate(t, turn.NewSTUNConn(conn), address, credential.Username, credential.Password, s.media.MediaAddr().String())
	}
	if err := awaitReady(t.Context(), s.listener.Addr(), true); err != nil {
		t.Errorf("HTTPS on the same port: %v", err)
	}
}

func TestTurnURLs(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*system)
		want   string
	}{
		"the portal's name": {func(s *system) { s.cfg.PublicURL, s.public = "http://box.example:8080", "http://box.example:8080" }, "turn:box.example:PORT?transport=udp turn:box.example:PORT?transport=tcp"},
		"an address":        {func(s *system) { s.cfg.PublicIP = "192.0.2.7,2001:db8::7" }, "turn:192.0.2.7:PORT?transport=udp turn:192.0.2.7:PORT?transport=tcp"},
		"a name before an address": {func(s *system) {
			s.cfg.PublicIP, s.cfg.PublicURL, s.public = "192.0.2.7", "https://c.example", "https://c.example"
		}, "turn:c.example:PORT?transport=udp turn:c.example:PORT?transport=tcp"},
		"an address of IPv6":         {func(s *system) { s.cfg.PublicURL, s.public = "http://[2001:db8::7]:8080", "http://[2001:db8::7]:8080" }, "turn:[2001:db8::7]:PORT?transport=udp turn:[2001:db8::7]:PORT?transport=tcp"},
		"nothing said":               {func(*system) {}, "turn:127.0.0.1:PORT?transport=udp turn:127.0.0.1:PORT?transport=tcp"},
		"the usual port of a portal": {func(s *system) { s.public, s.tls = "https://c.example", &tls.Config{} }, "turn:127.0.0.1:PORT?transport=udp turn:127.0.0.1:PORT?transport=tcp turns:c.example:443?transport=tcp"},
	} {
		s := &system{cfg: Config{Turn: "127.0.0.1:0"}, lifetime: lifetime{logger: slog.New(slog.DiscardHandler)}, door: door{public: "http://localhost:8080"}}
		var err error
		s.media, err = relay.New(relay.Config{ID: "r", Issuer: "i", Keys: noKeys{}, Media: "127.0.0.1:0", Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.startTurn(t.Context()); err != nil {
			t.Fatal(err)
		}
		tt.change(s)
		_, port, _ := net.SplitHostPort(s.media.TurnAddr().String())
		if got := strings.Join(s.turnURLs(), " "); got != strings.ReplaceAll(tt.want, "PORT", port) {
			t.Errorf("%s: %s", name, got)
		}
		if err := s.media.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestTURNCanBeOff(t *testing.T) {
	r, data, _ := startSystem(t, "--turn", "")
	if r.Turn != "" || r.Turns != "" {
		t.Errorf("turn %q, turns %q", r.Turn, r.Turns)
	}
	if answer := joinToken(t, r, data); len(answer.ICEServers) != 0 {
		t.Errorf("%+v", answer)
	}
}

// A port that nobody asked for does not keep Coopnet from starting; one that was asked for does (testdata/ports.txtar).
func TestADefaultPortThatIsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", ":3478")
	if err == nil {
		defer taken.Close()
	}
	var log bytes.Buffer
	s := &system{cfg: Config{Turn: ":3478"}, lifetime: lifetime{logger: slog.New(slog.NewTextHandler(&log, nil))}}
	s.media, err = relay.New(relay.Config{ID: "r", Issuer: "i", Keys: noKeys{}, Media: "127.0.0.1:0", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.startTurn(t.Context()); err != nil || !strings.Contains(log.String(), "another program") || s.media.TurnAddr().IsValid() || s.turnURLs() != nil {
		t.Errorf("%v, %s", err, log.String())
	}
	if err := s.media.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

// noKeys is for relays that nobody joins.
type noKeys struct{}

func (noKeys) Key(context.Context, string) (ed25519.PublicKey, error) {
	return nil, errors.ErrUnsupported
}
