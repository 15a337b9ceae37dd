package relay

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"

	"github.com/coopnet/coopnet/relay/internal/peer/peertest"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/turncred"
	"github.com/coopnet/coopnet/shared/whip"
)

// turnWorld is a relay with TURN.
type turnWorld struct {
	*world
	secret turncred.Secret
}

func newTurnWorld(t *testing.T) *turnWorld {
	t.Helper()
	return newWorld(t).withTurn()
}

func (inner *world) withTurn() *turnWorld {
	t := inner.t
	t.Helper()
	w := &turnWorld{world: inner}
	var err error
	if w.secret, err = turncred.RandomSecret(rand.Reader); err != nil {
		t.Fatal(err)
	}
	cfg := TurnConfig{Listen: "127.0.0.1:0", ListenTLS: "127.0.0.1:0", TLS: trusted, Secret: w.secret}
	if err := w.relay.OpenTurn(cfg); err != nil {
		t.Fatal(err)
	}
	return w
}

// TestMain makes a certificate that the whole process trusts: pion's client takes the system's roots and no others, and
// Go reads those once.
func TestMain(m *testing.M) {
	pair, err := selfSigned()
	if err == nil {
		trusted = &tls.Config{Certificates: []tls.Certificate{pair}}
		var folder string
		if folder, err = os.MkdirTemp("", "roots"); err == nil {
			defer os.RemoveAll(folder)
			file := filepath.Join(folder, "roots.pem")
			err = errors.Join(os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}), 0o600), os.Setenv("SSL_CERT_FILE", file))
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	m.Run()
}

var trusted *tls.Config

func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// urls are the ways in, by their name.
func (w *turnWorld) urls() map[string]string {
	return map[string]string{
		"udp": "turn:" + w.relay.TurnAddr().String() + "?transport=udp",
		"tcp": "turn:" + w.relay.TurnAddr().String() + "?transport=tcp",
		"tls": "turns:" + w.relay.TurnTLSAddr().String() + "?transport=tcp",
	}
}

// behindFirewall is a client that may use this URL and nothing else.
func (w *turnWorld) behindFirewall(url string) *webrtc.PeerConnection {
	w.t.Helper()
	credential := w.secret.Mint("james", time.Now().Add(time.Minute))
	return peertest.NewClient(w.t, webrtc.Configuration{
		ICETransportPolicy: webrtc.ICETransportPolicyRelay,
		ICEServers:         []webrtc.ICEServer{{URLs: []string{url}, Username: credential.Username, Credential: credential.Password}},
	})
}

func TestTURNAloneBringsThePicture(t *testing.T) {
	for _, network := range []string{"udp", "tcp", "tls"} {
		t.Run(network, func(t *testing.T) {
			w := newTurnWorld(t)
			p := w.share("anne", 'A')
			pc := w.behindFirewall(w.urls()[network])
			packets := w.play(pc, "james")
			wantAll(t, p, packets)
			w.carried(t)
		})
	}
}

// carried checks that the media went through TURN, and that metrics say so.
func (w *turnWorld) carried(t *testing.T) {
	t.Helper()
	turned := w.relay.turned()
	if turned.PacketsToClients < 60 || turned.PacketsToMedia == 0 || turned.Allocations == 0 {
		t.Errorf("%+v", turned)
	}
	scrape := httptest.NewRecorder()
	w.relay.MetricsHandler().ServeHTTP(scrape, httptest.NewRequest("GET", "/metrics", nil))
	if !strings.Contains(scrape.Body.String(), "coopnet_relay_turn_allocations 1\n") {
		t.Error("the metrics do not say it")
	}
}

func TestAPresenterBehindAFirewall(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			w := newTurnWorld(t)
			pc := w.behindFirewall(w.urls()[network])
			track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, "video", "screen")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := pc.AddTrack(track); err != nil {
				t.Fatal(err)
			}
			if _, err := whip.Connect(t.Context(), whip.Endpoint{URL: w.url + "/whip", Token: w.token("anne", jointoken.Share)}, pc); err != nil {
				t.Fatal(err)
			}
			packets := w.watch("james")
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() {
				defer close(done)
				for n := uint16(0); ctx.Err() == nil; n++ {
					payload := append([]byte{0x90, 0x80, 0x80, byte(n), 0}, bytes.Repeat([]byte{'T'}, 700)...)
					_ = track.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: n, Timestamp: uint32(n) * 3000, Marker: true}, Payload: payload})
					time.Sleep(20 * time.Millisecond) // the stream's own frame rate
				}
			}()
			next(t, packets, "packet of the presenter", from('T'))
			stop()
			<-done
		})
	}
}

// A viewer that leaves by the way it came is gone from TURN too.
func TestAllocationsEndWithTheirClient(t *testing.T) {
	w := newTurnWorld(t)
	w.share("anne", 'A')
	pc := w.behindFirewall(w.urls()["tcp"])
	next(t, w.play(pc, "james"), "packet", func(*rtp.Packet) bool { return true })
	if err := pc.Close(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(deadline); w.relay.turned().Allocations > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%+v", w.relay.turned())
		}
	}
}
