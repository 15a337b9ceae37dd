package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v3"
)

// closedNetwork lets nothing through, and says why.
type closedNetwork struct{ http, turn error }

func (n closedNetwork) Client() *http.Client { return &http.Client{Transport: n} }

func (n closedNetwork) RoundTrip(*http.Request) (*http.Response, error) { return nil, n.http }

func (n closedNetwork) TURN(_ context.Context, urls []string) ([]string, func(network, address string) (net.Conn, error)) {
	return []string{"turn:192.0.2.1:443?transport=tcp"}, func(string, string) (net.Conn, error) { return nil, n.turn }
}

type picture struct{}

func (picture) Codecs() []webrtc.RTPCodecCapability {
	return []webrtc.RTPCodecCapability{{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}}
}

func (picture) Attach(pc *webrtc.PeerConnection) error {
	_, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	return err
}

type oneTicket struct{ t *Ticket }

func (o oneTicket) Fresh(context.Context, time.Duration) (*Ticket, error) { return o.t, nil }

// TestWhatKeptAShareAway is said when it is given up: the relay's proxy may be another than the portal's.
func TestWhatKeptAShareAway(t *testing.T) {
	blocked, refused := errors.New("blocked"), errors.New("refused")
	ticket := &Ticket{ICEServers: []ICEServer{{URLs: []string{"turns:relay.example:443"}, Username: "u", Credential: "c"}}}
	ticket.Relay.WHIP = "https://relay.example/whip/room"
	var log strings.Builder
	s := New(Config{Network: closedNetwork{fmt.Errorf("dial: %w", blocked), refused}, Chance: func() float64 { return 0 }, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	s.reach.tickets = oneTicket{ticket}
	w := &publisher{session: s, publishing: Publishing{Label: "Salaries", Media: picture{}}, link: newLink(time.Now()), states: make(chan webrtc.PeerConnectionState, 16)}
	defer w.part()
	if err := w.lost(); err != ErrLost {
		t.Errorf("nothing is known: %v", err)
	}
	w.connect(t.Context())
	if err := w.lost(); !errors.Is(err, ErrLost) || !errors.Is(err, blocked) {
		t.Errorf("the relay is not reached: %v", err)
	}
	if said := log.String() + w.lost().Error(); strings.Contains(said, "Salaries") {
		t.Errorf("what is shared is named: %s", said)
	}
	for deadline := time.Now().Add(10 * time.Second); w.turned.latest() == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no TURN server was dialled")
		}
	}
	if w.failure = nil; !errors.Is(w.lost(), refused) { // the relay answers
		t.Errorf("no media gets through: %v", w.lost())
	}
	_, dial := noting{closedNetwork{turn: io.EOF}, &w.turned}.TURN(canceled(t), nil)
	if _, err := dial("tcp", "192.0.2.1:443"); err != io.EOF || !errors.Is(w.lost(), refused) {
		t.Errorf("one that was given up: %v", w.lost())
	}
}

func canceled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
