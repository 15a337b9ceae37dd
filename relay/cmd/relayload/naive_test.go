package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v3"
)

// naiveReady names the variable that turns the test's program into the naive relay: a process of its own, so that its
// processor time can be told from the load's.
const naiveReady = "RELAYLOAD_NAIVE_READY_FILE"

func TestMain(m *testing.M) {
	if path := os.Getenv(naiveReady); path != "" {
		if err := serveNaive(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// naive is the relay that everybody writes first: one TrackLocalStaticRTP, default interceptors, one PeerConnection for
// each participant. It is what relays are measured against and lives in tests only.
type naive struct {
	api   *webrtc.API
	track *webrtc.TrackLocalStaticRTP
}

func newNaive() (*naive, error) {
	media, interceptors := &webrtc.MediaEngine{}, &interceptor.Registry{}
	if err := media.RegisterDefaultCodecs(); err != nil {
		return nil, err
	}
	if err := webrtc.RegisterDefaultInterceptors(media, interceptors); err != nil {
		return nil, err
	}
	engine := webrtc.SettingEngine{}
	engine.SetIncludeLoopbackCandidate(true)
	engine.SetIPFilter(net.IP.IsLoopback)
	engine.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	if err := engine.SetAnsweringDTLSRole(webrtc.DTLSRoleServer); err != nil {
		return nil, err
	}
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, "video", "screen")
	if err != nil {
		return nil, err
	}
	api := webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(interceptors), webrtc.WithSettingEngine(engine))
	return &naive{api: api, track: track}, nil
}

func (n *naive) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /whip", n.answer(func(pc *webrtc.PeerConnection) error {
		pc.OnTrack(func(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
			b := make([]byte, maxDatagram)
			for {
				size, _, err := remote.Read(b)
				if err != nil {
					return
				}
				_, _ = n.track.Write(b[:size]) // a viewer that has gone
			}
		})
		return nil
	}))
	mux.HandleFunc("POST /whep", n.answer(func(pc *webrtc.PeerConnection) error {
		sender, err := pc.AddTrack(n.track)
		if err != nil {
			return err
		}
		go func() { // the interceptors see feedback only if somebody reads it
			b := make([]byte, maxDatagram)
			for {
				if _, _, err := sender.Read(b); err != nil {
					return
				}
			}
		}()
		return nil
	}))
	mux.HandleFunc("DELETE /session", func(http.ResponseWriter, *http.Request) {})
	return mux
}

func (n *naive) answer(prepare func(*webrtc.PeerConnection) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer, err := n.negotiate(r.Body, prepare)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/sdp")
		w.Header().Set("Location", "/session")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, answer)
	}
}

func (n *naive) negotiate(body io.Reader, prepare func(*webrtc.PeerConnection) error) (string, error) {
	offer, err := io.ReadAll(body)
	if err != nil {
		return "", err
	}
	pc, err := n.api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return "", err
	}
	if err := prepare(pc); err != nil {
		return "", err
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: string(offer)}); err != nil {
		return "", err
	}
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		return "", err
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(answer); err != nil {
		return "", err
	}
	<-gathered
	return pc.LocalDescription().SDP, nil
}

// serveNaive runs until the process is told to stop; the ready file gets its URL.
func serveNaive(ready string) error {
	n, err := newNaive()
	if err != nil {
		return err
	}
	server := httptest.NewServer(n.handler())
	defer server.Close()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := os.WriteFile(ready+".new", fmt.Appendf(nil, `{"relay":%q}`, server.URL), 0o600); err != nil {
		return err
	}
	if err := os.Rename(ready+".new", ready); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}
