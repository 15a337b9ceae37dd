package standalone_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/coopnet/coopnet/client/network"
	"github.com/coopnet/coopnet/client/session"
	"github.com/coopnet/coopnet/client/share"
	"github.com/coopnet/coopnet/shared/wire"
)

// helped is a guest who shares with the software, and whom a colleague helps.
type helped struct {
	t          *testing.T
	data       string
	server     *server
	conference string
	in         *session.Session
	open       atomic.Int64 // times that the software's channel has opened
	inputs     atomic.Int64
	ends       chan wire.ControlRevoked // that the software hears of
	anne       *colleague
	page       *live  // Anne's
	grant      string // hers
}

// newHelped begins with a grant that has been used.
func newHelped(t *testing.T) *helped {
	t.Helper()
	h := &helped{t: t, data: filepath.Join(t.TempDir(), "data"), ends: make(chan wire.ControlRevoked, 8)}
	h.server = startServer(t, "coopnet", h.data)
	var made struct{ ID string }
	if err := h.server.organizer().call(t.Context(), "POST", "/conferences", map[string]string{"name": "Team A", "password": "correct horse"}, &made); err != nil {
		t.Fatal(err)
	}
	h.conference = made.ID
	_, code := launchCode(t, h.server, "Team A")
	h.install(code)
	h.anne = newColleague(t, h.server, h.conference)
	h.page = h.enter()
	h.ask()
	h.try()
	until(t, 5*time.Second, func() bool { return h.inputs.Load() == 1 }, "input: %d", &h.inputs)
	return h
}

// install has software join that says yes to everybody.
func (h *helped) install(code string) {
	h.t.Helper()
	n := network.New(network.Config{})
	portal, _, err := session.Enter(h.t.Context(), []*session.Portal{session.NewPortal(h.server.Portal, n.Client())}, code, "1.0.0", "linux-amd64")
	if err != nil {
		h.t.Fatal(err)
	}
	asked := make(chan wire.ControlRequested, 8)
	h.in = session.New(session.Config{
		Tickets: session.NewTickets(portal, nil), Network: n, Chance: func() float64 { return 0 }, Logger: slog.New(slog.DiscardHandler),
		Phase: func(p session.Phase, _ session.Reason) {
			if p == session.Open {
				h.open.Add(1)
			}
		},
		Message: func(kind wire.Type, frame []byte) {
			switch kind {
			case wire.TypeControlRequest:
				var m wire.ControlRequested
				if json.Unmarshal(frame, &m) == nil {
					asked <- m
				}
			case wire.TypeControlInput:
				h.inputs.Add(1)
			case wire.TypeControlRevoke:
				var m wire.ControlRevoked
				if json.Unmarshal(frame, &m) == nil {
					h.ends <- m
				}
			}
		},
	})
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	h.t.Cleanup(running.Wait)
	h.t.Cleanup(stop)
	track := share.NewTrack([]string{"VP8"}, time.Now, func() uint32 { return 7 })
	running.Go(func() { _, _ = h.in.Run(ctx) }) // what becomes of it is looked at in the room
	running.Go(func() {
		_ = h.in.Publish(ctx, session.Publishing{Label: "Screen", Control: true, Media: track, Phase: func(p session.SharePhase) { track.Live(p == session.ShareLive) }})
	})
	running.Go(func() { draw(ctx, track) })
	running.Go(func() {
		for {
			select {
			case m := <-asked:
				_ = h.in.Send(ctx, wire.ControlGrant{Type: wire.TypeControlGrant, Request: m.Request})
			case <-ctx.Done():
				return
			}
		}
	})
	h.shares()
}

// shares waits for the software's share, which nobody controls.
func (h *helped) shares() {
	h.t.Helper()
	until(h.t, 15*time.Second, func() bool {
		own := h.in.Room().Own()
		return len(own) == 1 && own[0].Control && own[0].Controller == ""
	}, "share that can be controlled")
}

// enter opens Anne's control channel.
func (h *helped) enter() *live {
	h.t.Helper()
	h.anne.fresh(h.t)
	conn, _, err := websocket.Dial(h.t.Context(), h.anne.ticket.Relay.Control, &websocket.DialOptions{Subprotocols: []string{wire.Subprotocol}})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = conn.CloseNow() })
	l := &live{t: h.t, conn: conn}
	l.send(wire.Hello{Type: wire.TypeHello, Token: h.anne.ticket.Token})
	l.hear(wire.TypeRoomState)
	return l
}

// heard reads up to a message of this type.
func heard[M any](l *live, want wire.Type) (m M) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 10*time.Second)
	defer cancel()
	for {
		_, frame, err := l.conn.Read(ctx)
		if err != nil {
			l.t.Fatalf("waiting for %s: %v", want, err)
		}
		switch kind, _ := wire.TypeOf(frame); kind {
		case wire.TypeRoomHeartbeat:
			l.send(wire.Heartbeat{Type: wire.TypeRoomHeartbeat})
		case want:
			if err := wire.Decode(frame, &m); err != nil {
				l.t.Fatal(err)
			}
			return m
		}
	}
}

// ask gets Anne the control.
func (h *helped) ask() {
	h.t.Helper()
	own := h.in.Room().Own()[0]
	var token struct{ Token string }
	if err := h.anne.call(h.t.Context(), "POST", "/control-tokens", map[string]string{"participant": own.Participant}, &token); err != nil {
		h.t.Fatal(err)
	}
	h.page.send(wire.ControlRequest{Type: wire.TypeControlRequest, Key: "k-1", Publication: own.ID, Token: token.Token})
	h.grant = heard[wire.ControlGranted](h.page, wire.TypeControlGrant).Grant
}

// try sends input under the grant.
func (h *helped) try() {
	h.t.Helper()
	h.page.send(wire.ControlInput{Type: wire.TypeControlInput, Grant: h.grant, Events: []wire.InputEvent{{Kind: wire.InputText, Text: "é"}}})
}

// over shows that the grant is good for nothing any more, and that another one can be had.
func (h *helped) over() {
	h.t.Helper()
	before := h.inputs.Load()
	h.try()
	if e := heard[wire.Error](h.page, wire.TypeError); e.Code != "control-denied" || e.Re != wire.TypeControlInput {
		h.t.Errorf("the grant of before: %+v", e)
	}
	old := h.grant
	h.ask()
	h.try()
	until(h.t, 5*time.Second, func() bool { return h.inputs.Load() > before }, "input")
	if h.inputs.Load() != before+1 || h.grant == old {
		h.t.Errorf("%d inputs, grant %s after %s", h.inputs.Load()-before, h.grant, old)
	}
}

// TestControlEndsWithItsRelay: killed or drained, the relay takes every grant along; software and page come back without.
func TestControlEndsWithItsRelay(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*server){
		"killed":  func(s *server) { s.kill() },
		"drained": func(s *server) { s.stop(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHelped(t)
			s, opened := h.server, h.open.Load()
			end(s)
			h.server = startServer(t, "coopnet", h.data, "--listen", s.listen(t), "--media", s.Media, "--turn", s.Turn)
			until(t, 15*time.Second, func() bool { return h.open.Load() > opened }, "software that comes back")
			h.shares()
			h.page = h.enter()
			h.over()
		})
	}
}

// TestThePortalRemovesAController: the software hears why, the controller's channel ends, and nothing more is done.
func TestThePortalRemovesAController(t *testing.T) {
	t.Parallel()
	h := newHelped(t)
	organizer := h.server.organizer()
	defer organizer.close()
	until(t, 8*time.Second, func() bool { // the portal hears of her a little later
		return organizer.call(t.Context(), "DELETE", "/conferences/"+h.conference+"/participants/"+h.anne.ticket.Participant.ID, nil, nil) == nil
	}, "removal")
	if ended := heard[wire.RoomEnded](h.page, wire.TypeRoomEnded); ended.Reason != "removed" {
		t.Errorf("ended %+v", ended)
	}
	select {
	case end := <-h.ends:
		if end.Grant != h.grant || end.Reason != "removed" {
			t.Errorf("the software hears %+v", end)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the software hears nothing")
	}
	h.shares()
	own := h.in.Room().Own()[0]
	var token struct{ Token string }
	if err := h.anne.call(t.Context(), "POST", "/control-tokens", map[string]string{"participant": own.Participant}, &token); err == nil {
		t.Error("who was removed gets a control token")
	}
	if n := h.inputs.Load(); n != 1 {
		t.Errorf("%d inputs", n)
	}
}
