package relay

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"

	"github.com/coopnet/coopnet/relay/internal/leaktest"
	"github.com/coopnet/coopnet/relay/internal/peer/peertest"
	"github.com/coopnet/coopnet/shared/jointoken"
)

func TestTCPAloneBringsThePicture(t *testing.T) {
	w := newWorld(t)
	p := w.shareBy(peertest.NewTCPClient(t), "anne", 'A')
	viewer := peertest.NewTCPClient(t)
	packets := w.play(viewer, "james")
	wantAll(t, p, packets)
	for _, pc := range []*webrtc.PeerConnection{p.pc, viewer} {
		if protocol := protocolOf(pc); protocol != "tcp" {
			t.Errorf("it went over %q", protocol)
		}
	}
	over := w.relay.connected()
	if over.Connections < 2 || over.Pending != 0 || over.PacketsReceived < 60 || over.PacketsSent < 60 || over.PacketsDropped != 0 {
		t.Errorf("%+v", over)
	}
	scrape := httptest.NewRecorder()
	w.relay.MetricsHandler().ServeHTTP(scrape, httptest.NewRequest("GET", "/metrics", nil))
	if !strings.Contains(scrape.Body.String(), fmt.Sprintf("coopnet_relay_tcp_connections %d\n", over.Connections)) {
		t.Error("the metrics do not say it")
	}
	p.end()
	if err := viewer.Close(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(deadline); w.relay.connected().Connections > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%+v", w.relay.connected())
		}
	}
}

// protocolOf is that of the pair that the media goes by.
func protocolOf(pc *webrtc.PeerConnection) string {
	transceiver := pc.GetTransceivers()[0]
	transport := transceiver.Receiver().Transport()
	if transport == nil {
		transport = transceiver.Sender().Transport()
	}
	pair, err := transport.ICETransport().GetSelectedCandidatePair()
	if err != nil || pair == nil {
		return fmt.Sprint(pair, err)
	}
	return pair.Local.Protocol.String()
}

// TestUDPIsPreferred: a client that may use both takes UDP.
func TestUDPIsPreferred(t *testing.T) {
	w := newWorld(t)
	w.share("anne", 'A')
	pc := peertest.NewClient(t, webrtc.Configuration{})
	next(t, w.play(pc, "james"), "packet", func(*rtp.Packet) bool { return true })
	answer := pc.RemoteDescription().SDP
	if !strings.Contains(answer, " udp 2130706431 127.0.0.1 ") || !strings.Contains(answer, " tcp 27262975 127.0.0.1 ") || strings.Contains(answer, "tcptype active") {
		t.Errorf("the candidates are others:\n%s", answer)
	}
	if protocol := protocolOf(pc); protocol != "udp" {
		t.Errorf("it went over %q", protocol)
	}
}

// TestAPortForSomethingElse: media over UDP beside HTTPS on one port number has no TCP of its own, and says none.
func TestAPortForSomethingElse(t *testing.T) {
	leaktest.Check(t)
	other, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	address := other.Addr().String()
	cfg := Config{ID: "relay-1", Issuer: "https://coopnet.test", Keys: jointoken.NewJWKS(), Media: address, Logger: slog.New(slog.DiscardHandler)}
	if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), "open TCP port "+address+" beside the media port") {
		t.Errorf("the port is taken: %v", err)
	}
	_, port, _ := net.SplitHostPort(address)
	cfg.Others = []string{"", "localhost:0", ":" + port}
	r, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if r.tcp != nil || r.connected().Connections != 0 {
		t.Error("there is TCP")
	}
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	if err := r.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

func TestSamePort(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{":443", "localhost:443", true}, {":443", ":https", true}, {":443", ":8443", false}, {"127.0.0.1:0", "127.0.0.1:0", false}, {":443", "", false}, {"", ":443", false},
	} {
		if samePort(tt.a, tt.b) != tt.want {
			t.Errorf("%q and %q: want %t", tt.a, tt.b, tt.want)
		}
	}
}
