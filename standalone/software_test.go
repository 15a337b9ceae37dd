package standalone_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/webrtc/v3"

	"github.com/coopnet/coopnet/client/network"
	"github.com/coopnet/coopnet/client/session"
	"github.com/coopnet/coopnet/client/share"
	"github.com/coopnet/coopnet/shared/whip"
)

// launchCode is a page's part: a guest joins, and hands over to the software.
func launchCode(t *testing.T, s *server, conference string) (c *caller, code string) {
	t.Helper()
	c = s.caller()
	t.Cleanup(c.close)
	if err := c.call(t.Context(), "POST", "/admissions", map[string]string{"name": conference, "password": "correct horse"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := c.identify(t.Context()); err != nil {
		t.Fatal(err)
	}
	var made struct{ URL string }
	if err := c.call(t.Context(), "POST", "/launch-codes", struct{}{}, &made); err != nil {
		t.Fatal(err)
	}
	return c, strings.TrimPrefix(made.URL, "coopnet://join/")
}

// colleague is an internal participant's page.
type colleague struct {
	*caller
	ticket struct {
		Token       string
		Participant struct{ ID string }
		Relay       struct{ WHEP, Control string }
	}
}

func newColleague(t *testing.T, s *server, conference string) *colleague {
	t.Helper()
	var invitation struct{ Code string }
	organizer := s.organizer()
	defer organizer.close()
	if err := organizer.call(t.Context(), "POST", "/conferences/"+conference+"/invitations", map[string]string{"kind": "internal", "name": "Anne Martin", "email": "anne@example.com"}, &invitation); err != nil {
		t.Fatal(err)
	}
	c := &colleague{caller: s.caller()}
	t.Cleanup(c.close)
	if err := c.call(t.Context(), "POST", "/admissions", map[string]string{"invitation": invitation.Code}, nil); err != nil {
		t.Fatal(err)
	}
	c.fresh(t)
	return c
}

func (c *colleague) fresh(t *testing.T) {
	t.Helper()
	if err := c.call(t.Context(), "POST", "/join-tokens", map[string]string{"mode": "browser"}, &c.ticket); err != nil {
		t.Fatal(err)
	}
}

// watcher counts the frames that reach a viewer, over one session after the other.
type watcher struct {
	frames atomic.Int64
	codec  atomic.Value
}

// watch views until the cleanup, with a token of this page.
func (w *watcher) watch(t *testing.T, c *caller) *webrtc.PeerConnection {
	t.Helper()
	var ticket struct {
		Token string
		Relay struct{ WHEP string }
	}
	if err := c.call(t.Context(), "POST", "/join-tokens", map[string]string{"mode": "browser"}, &ticket); err != nil {
		t.Fatal(err)
	}
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pc.Close() })
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		w.codec.Store(track.Codec().MimeType)
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			if p.Marker {
				w.frames.Add(1)
			}
		}
	})
	if _, err := whip.Connect(t.Context(), whip.Endpoint{URL: ticket.Relay.WHEP, Token: ticket.Token}, pc); err != nil {
		t.Fatal(err)
	}
	return pc
}

func (w *watcher) waits(t *testing.T, more int64) {
	t.Helper()
	from := w.frames.Load()
	until(t, 15*time.Second, func() bool { return w.frames.Load() >= from+more }, "%d more frames", more)
}

func until(t *testing.T, patience time.Duration, true func() bool, what string, args ...any) {
	t.Helper()
	for deadline := time.Now().Add(patience); !true(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no "+what, args...)
		}
	}
}

// noSockets is a network whose proxy lets no WebSocket through.
type noSockets struct{ *network.Network }

func (n noSockets) Client() *http.Client {
	c := n.Network.Client()
	return &http.Client{Transport: noUpgrades{c.Transport}, CheckRedirect: c.CheckRedirect}
}

type noUpgrades struct{ http.RoundTripper }

func (n noUpgrades) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("Upgrade") != "" {
		return nil, errors.New("the proxy takes no upgrade")
	}
	return n.RoundTripper.RoundTrip(r)
}

// turnOverTCP is a network where TURN over TCP is the only way.
type turnOverTCP struct{ *network.Network }

func (n turnOverTCP) TURN(ctx context.Context, urls []string) ([]string, func(network, address string) (net.Conn, error)) {
	told, dial := n.Network.TURN(ctx, urls)
	tcp := slices.IndexFunc(urls, func(u string) bool { return strings.HasPrefix(u, "turn:") && strings.HasSuffix(u, "transport=tcp") })
	for i := range told {
		told[i] = told[tcp]
	}
	return told, dial
}

// TestTheSoftwareComesBack redeems a launch code, shares, and goes on sharing when the relay has been killed and started
// again: nobody is asked again, the participant is the same, and the share has one session only.
func TestTheSoftwareComesBack(t *testing.T) {
	t.Parallel()
	n := network.New(network.Config{})
	t.Run("as usual", func(t *testing.T) { comesBack(t, n, false) })
	t.Run("without WebSockets", func(t *testing.T) { comesBack(t, noSockets{n}, false) })
	t.Run("by TURN over TCP", func(t *testing.T) { comesBack(t, turnOverTCP{n}, true) })
}

func comesBack(t *testing.T, n session.Network, relayOnly bool) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	s := startServer(t, "coopnet", data)
	if err := s.organizer().call(t.Context(), "POST", "/conferences", map[string]string{"name": "Team A", "password": "correct horse"}, nil); err != nil {
		t.Fatal(err)
	}
	page, code := launchCode(t, s, "Team A")

	portal, ticket, err := session.Enter(t.Context(), []*session.Portal{session.NewPortal(s.Portal, n.Client())}, code, "1.0.0", "linux-amd64")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := session.Enter(t.Context(), []*session.Portal{portal}, code, "1.0.0", "linux-amd64"); err == nil {
		t.Error("a code is good twice")
	}
	if c, err := portal.Conference(t.Context()); err != nil || c.Name != "Team A" {
		t.Fatalf("%+v, %v", c, err)
	}
	var open atomic.Int64
	in := session.New(session.Config{Tickets: session.NewTickets(portal, nil), Network: n, RelayOnly: relayOnly, Chance: func() float64 { return 0 }, Logger: slog.New(slog.DiscardHandler),
		Phase: func(p session.Phase, _ session.Reason) {
			if p == session.Open {
				open.Add(1)
			}
		}})
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	running.Go(func() {
		if reason, err := in.Run(ctx); reason != session.Left {
			t.Errorf("the channel closed: %s, %v", reason, err)
		}
	})
	track := share.NewTrack([]string{"VP8"}, time.Now, func() uint32 { return 7 })
	running.Go(func() {
		if err := in.Publish(ctx, session.Publishing{Label: "Screen", Media: track, Phase: func(p session.SharePhase) { track.Live(p == session.ShareLive) }}); err != nil {
			t.Errorf("the share ended: %v", err)
		}
	})
	running.Go(func() { draw(ctx, track) })

	until(t, 10*time.Second, func() bool { return len(in.Room().Own()) == 1 }, "share in the room")
	if own := in.Room().Own()[0]; own.Participant != ticket.Participant.ID || own.Video != "VP8" || own.Label != "Screen" {
		t.Errorf("%+v", own)
	}
	var w watcher
	first := w.watch(t, page)
	w.waits(t, 10)
	_ = first.Close()

	s.kill()
	killed := time.Now()
	startServer(t, "coopnet", data, "--listen", s.listen(t), "--media", s.Media, "--turn", s.Turn)
	ready := time.Now()
	until(t, 15*time.Second, func() bool { return open.Load() == 2 && len(in.Room().Own()) == 1 }, "share in the new relay's room")
	t.Logf("shared again %v after the kill, %v after the new start", time.Since(killed).Round(10*time.Millisecond), time.Since(ready).Round(10*time.Millisecond))
	w.watch(t, page)
	w.waits(t, 10)
	if own := in.Room().Own(); len(own) != 1 || own[0].Participant != ticket.Participant.ID {
		t.Errorf("%+v", own)
	}
	stop()
	running.Wait()
}

// listen is where a second start must listen.
func (s *server) listen(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(s.Portal)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%s", u.Port())
}

// draw sends what looks like VP8 to a relay, which decodes nothing.
func draw(ctx context.Context, track *share.Track) {
	for at := time.Duration(0); ctx.Err() == nil; at += 30 * time.Millisecond {
		frame := make([]byte, 3000)
		if !track.State().Keyframe {
			frame[0] = 1 // RFC 6386 section 9.1: an interframe
		}
		_ = track.Write(ctx, frame, at) // the session may have ended
		time.Sleep(30 * time.Millisecond)
	}
}
