package relay

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v3"

	"github.com/coopnet/coopnet/relay/internal/egress"
	"github.com/coopnet/coopnet/relay/internal/peer/peertest"
	"github.com/coopnet/coopnet/shared/announce"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/whip"
)

// listener is a control plane that keeps what it is told.
type listener struct {
	rooms   chan []string
	batches chan announce.Batch
}

func (l listener) Announce(_ context.Context, a announce.Announcement) (announce.Orders, error) {
	select {
	case l.rooms <- a.Rooms:
	default:
	}
	return announce.Orders{Over: a.Rooms}, nil
}

func (l listener) Report(_ context.Context, b announce.Batch) error {
	l.batches <- b
	return nil
}

// announced lets the relay tell a control plane.
func (w *world) announced() listener {
	w.t.Helper()
	l := listener{make(chan []string, 100), make(chan announce.Batch, 100)}
	if err := w.relay.Announce(AnnounceConfig{Link: l, Public: w.url}); err != nil {
		w.t.Fatal(err)
	}
	return l
}

// measured returns the next media session that is told of, and fails when somebody's visit is.
func (l listener) measured(t *testing.T, want int) (media []announce.Media) {
	t.Helper()
	timeout := time.After(deadline)
	for len(media) < want {
		select {
		case b := <-l.batches:
			if len(b.Visits) > 0 {
				t.Errorf("told of %+v", b.Visits)
			}
			media = append(media, b.Media...)
		case <-timeout:
			t.Fatalf("told of %d, want %d: %+v", len(media), want, media)
		}
	}
	return media
}

func plays(t *testing.T, packets <-chan *rtp.Packet) {
	t.Helper()
	for range 60 {
		next(t, packets, "packet", func(*rtp.Packet) bool { return true })
	}
}

// TestMediaOfATestRoom is told to the control plane, by every way, and nothing else is told of it.
func TestMediaOfATestRoom(t *testing.T) {
	w := newWorld(t).in("test-a").withTurn()
	told := w.announced()
	p := w.share("tester", 'A')
	urls := w.urls()
	ways := map[string]*webrtc.PeerConnection{
		announce.WayUDP: peertest.NewClient(t, webrtc.Configuration{}), announce.WayTCP: peertest.NewTCPClient(t),
		announce.WayTurnUDP: w.behindFirewall(urls["udp"]), announce.WayTurnTCP: w.behindFirewall(urls["tcp"]), announce.WayTurns: w.behindFirewall(urls["tls"]),
	}
	for _, pc := range ways {
		plays(t, w.play(pc, "tester"))
		p.loses.Store(true)
		if err := pc.Close(); err != nil {
			t.Fatal(err)
		}
	}
	views := told.measured(t, len(ways))
	var by []string
	for _, m := range views {
		by = append(by, m.Way)
		if m.Role != announce.RoleView || m.Conference != "test-a" || m.Family != announce.FamilyIPv4 || m.ID == "" || m.Seconds <= 0 || m.Seconds > 60 ||
			m.PacketsOut < 60 || m.BytesOut < 900*60 || time.Since(m.At) > time.Minute {
			t.Errorf("told %+v", m)
		}
	}
	slices.Sort(by)
	all := announce.Ways()
	slices.Sort(all)
	if !slices.Equal(by, all) {
		t.Errorf("the ways were %v", by)
	}
	p.end()
	share := told.measured(t, 1)[0]
	if share.Role != announce.RoleShare || share.Way != announce.WayUDP || share.PacketsIn < 60 || share.BytesIn < 900*60 || share.KeyframeRequests == 0 || share.NACKs == 0 {
		t.Errorf("told %+v", share)
	}
	if rooms := w.relay.Conferences(); len(rooms) != 0 {
		t.Errorf("conferences %v", rooms)
	}
}

// TestWaysHaveTheirNames: what the media port calls a way is what the control plane takes.
func TestWaysHaveTheirNames(t *testing.T) {
	var names []string
	for _, way := range []egress.Way{egress.UDP, egress.TCP, egress.TurnUDP, egress.TurnTCP, egress.TurnTLS} {
		names = append(names, string(way))
	}
	if !slices.Equal(names, announce.Ways()) {
		t.Errorf("%v, told as %v", names, announce.Ways())
	}
}

// TestMediaOfAConferenceIsNotTold: who takes part is, what they saw is not.
func TestMediaOfAConferenceIsNotTold(t *testing.T) {
	w := newWorld(t)
	told := w.announced()
	w.share("anne", 'A')
	pc := peertest.NewClient(t, webrtc.Configuration{})
	plays(t, w.play(pc, "james"))
	if err := pc.Close(); err != nil {
		t.Fatal(err)
	}
	timeout := time.After(deadline)
	for left := false; !left; {
		select {
		case b := <-told.batches:
			if len(b.Media) > 0 {
				t.Fatalf("told of %+v", b.Media)
			}
			left = slices.ContainsFunc(b.Visits, func(v announce.Visit) bool { return v.Kind == announce.Left && v.Participant == "james" })
		case <-timeout:
			t.Fatal("nobody has left")
		}
	}
}

// TestATestRoomIsForOne: whatever a token says, and for nobody of a conference.
func TestATestRoomIsForOne(t *testing.T) {
	w := newWorld(t)
	w.share("anne", 'C') // a conference
	test := w.in("test-a")
	test.limit = 100
	test.share("tester", 'A')
	packets := test.watch("tester")
	plays(t, packets)
	next(t, packets, "picture of the own room", from('A'))
	pc := peertest.NewClient(t, webrtc.Configuration{})
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
	_, err := whip.Connect(t.Context(), whip.Endpoint{URL: w.url + "/whep", Token: test.token("another", jointoken.View)}, pc)
	var refused *whip.Refused
	if !errors.As(err, &refused) || refused.Status != http.StatusServiceUnavailable {
		t.Errorf("a second participant: %v", err)
	}
	resp, body := w.call("POST", "/whep?publication=s-0000000000000000", test.token("tester", jointoken.View), viewerOffer(t))
	if resp.StatusCode != http.StatusNotFound || body["code"] != string(problem.NotFound) {
		t.Errorf("a share of somebody else: %s %v", resp.Status, body)
	}
}

// TestATestRoomForwardsSoMuch: what a presenter sends beyond it is lost, in all shares of the room together.
func TestATestRoomForwardsSoMuch(t *testing.T) {
	w := newWorld(t).in("test-a")
	told := w.announced()
	p := w.share("tester", 'A')
	packets := w.watch("tester")
	next(t, packets, "packet", func(*rtp.Packet) bool { return true })
	p.flood.Store(true)
	start := time.Now()
	for time.Since(start) < 3*time.Second {
		next(t, packets, "packet", func(*rtp.Packet) bool { return true })
	}
	p.end()
	var view, share announce.Media
	// The share ends the picture, not the viewer's session.
	share = told.measured(t, 1)[0]
	w.relay.EndConference("test-a")
	view = told.measured(t, 1)[0]
	const most = 6_000_000 / 8
	seconds := time.Since(start).Seconds() + 1 // with what was saved up
	if float64(view.BytesOut) > most*seconds {
		t.Errorf("%d bytes came, %d were forwarded in %.1f s", share.BytesIn, view.BytesOut, seconds)
	}
	if float64(share.BytesIn) < most*seconds {
		t.Skipf("this machine was too busy for a flood: %d bytes came in %.1f s", share.BytesIn, seconds)
	}
}
