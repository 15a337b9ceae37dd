package control

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/wire"
)

func TestParticipantsAndPublicationsAreLive(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		s := newStand(t, over, nil)
		ann, state := s.join(s.claims("ann", jointoken.RoleOrganizer, jointoken.View, jointoken.Share))
		if state.Self != "ann" || state.Conference != "c-1" || len(state.Participants) != 1 || state.Participants[0].Name != "name of ann" {
			t.Errorf("ann's state %+v", state)
		}
		bob, state := s.guest("bob")
		if len(state.Participants) != 2 || state.Participants[1].Role != "guest" {
			t.Errorf("bob's state %+v", state)
		}
		if joined := expect[wire.ParticipantEvent](ann, wire.TypeJoined); joined.Participant.ID != "bob" {
			t.Errorf("joined %+v", joined)
		}
		bob.send(wire.StatusSet{Type: wire.TypeStatusSet, Status: "hand"})
		for _, c := range []*caller{ann, bob} {
			if updated := expect[wire.ParticipantEvent](c, wire.TypeUpdated); updated.Participant.Status != "hand" {
				t.Errorf("updated %+v", updated)
			}
		}
		presenter, err := s.rooms.Join("c-1", 0, room.ParticipantOf(s.claims("ann", jointoken.RoleOrganizer, jointoken.Share)))
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"s1", "s2"} {
			if err := presenter.Publish(room.Publication{ID: id, Label: "Screen", Video: "VP9", Audio: "opus"}); err != nil {
				t.Fatal(err)
			}
			started := expect[wire.PublicationStarted](bob, wire.TypePublicationStart)
			if started.Current != id || started.Publication.Participant != "ann" || started.Publication.Name != "name of ann" {
				t.Errorf("started %+v", started)
			}
			if shown := expect[wire.StageShown](bob, wire.TypeStageShown); shown.Stage != (wire.Stage{Kind: "share", ID: id, Participant: "ann"}) {
				t.Errorf("shown %+v", shown)
			}
		}
		view, err := s.rooms.Join("c-1", 0, room.ParticipantOf(s.claims("bob", jointoken.RoleGuest)))
		if err != nil {
			t.Fatal(err)
		}
		bob.send(wire.ViewSelect{Type: wire.TypeViewSelect, Publication: "s1"})
		<-view.TargetChanged()
		if view.Target() != "s1" {
			t.Errorf("target %q", view.Target())
		}
		bob.send(wire.ViewSelect{Type: wire.TypeViewSelect, Publication: "gone"})
		bob.refused("not-found", wire.TypeViewSelect)
		presenter.Unpublish("s2")
		if stopped := expect[wire.PublicationStopped](bob, wire.TypePublicationStop); stopped.ID != "s2" || stopped.Current != "s1" {
			t.Errorf("stopped %+v", stopped)
		}
		if shown := expect[wire.StageShown](bob, wire.TypeStageShown); shown.Stage.ID != "s1" {
			t.Errorf("shown %+v", shown)
		}
		view.Leave()
		bob.line.hangUp()
		for {
			name, frame := ann.next()
			if name == wire.TypeLeft {
				if !bytes.Contains(frame, []byte(`"bob"`)) {
					t.Errorf("left %s", frame)
				}
				break
			}
		}
	})
}

func TestHelloRefusals(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		s := newStand(t, over, nil)
		used := s.sign(s.claims("ann", jointoken.RoleGuest))
		ann := s.dial()
		ann.send(wire.Hello{Type: wire.TypeHello, Token: used})
		expect[wire.RoomState](ann, wire.TypeRoomState)
		expired, foreign, early := s.claims("eve", jointoken.RoleGuest), s.claims("eve", jointoken.RoleGuest), s.claims("eve", jointoken.RoleGuest)
		expired.IssuedAt, expired.Expires = time.Now().Add(-2*time.Minute), time.Now().Add(-time.Minute)
		foreign.Audience = "relay-2"
		early.NotBefore = time.Now().Add(time.Minute)
		for name, tt := range map[string]struct {
			frame, code string
			close       websocket.StatusCode
		}{
			"garbage":  {"garbage", "malformed", CloseMalformed},
			"other":    {`{"type":"status.set","status":"hand"}`, "malformed", CloseMalformed},
			"shape":    {`{"type":"hello","token":7}`, "malformed", CloseMalformed},
			"no token": {`{"type":"hello"}`, "token-invalid", CloseRefused},
			"invalid":  {`{"type":"hello","token":"a.b.c"}`, "token-invalid", CloseRefused},
			"replayed": {`{"type":"hello","token":"` + used + `"}`, "token-replayed", CloseRefused},
			"expired":  {`{"type":"hello","token":"` + s.sign(expired) + `"}`, "token-expired", CloseRefused},
			"foreign":  {`{"type":"hello","token":"` + s.sign(foreign) + `"}`, "token-scope", CloseRefused},
			"early":    {`{"type":"hello","token":"` + s.sign(early) + `"}`, "token-time", CloseRefused},
		} {
			t.Run(name, func(t *testing.T) {
				c := s.dial()
				c.raw(tt.frame)
				c.refused(tt.code, wire.TypeHello)
				c.closed(tt.close)
			})
		}
		if got := s.rooms.Stats(); got.Participants != 1 {
			t.Errorf("stats %+v", got)
		}
		if got := s.server.Stats(); got.Refused != 9 || got.Connections < 1 {
			t.Errorf("stats %+v", got)
		}
	})
}

func TestHelloToAnEndedOrFullRoom(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		s := newStand(t, over, func(c *Config) { c.Rooms = room.New(room.Config{MaxRooms: 1}) })
		s.rooms.End("over")
		late := s.claims("eve", jointoken.RoleGuest)
		late.Conference = "over"
		c := s.dial()
		c.send(wire.Hello{Type: wire.TypeHello, Token: s.sign(late)})
		if ended := expect[wire.RoomEnded](c, wire.TypeRoomEnded); ended.Reason != "ended" {
			t.Errorf("got %+v", ended)
		}
		c.closed(CloseEnded)

		s.guest("ann")
		other := s.claims("bob", jointoken.RoleGuest)
		other.Conference = "another"
		token := s.sign(other)
		for range 2 { // the token stays good
			c = s.dial()
			c.send(wire.Hello{Type: wire.TypeHello, Token: token})
			c.refused("unavailable", wire.TypeHello)
			c.closed(websocket.StatusTryAgainLater)
		}
	})
}

func TestHandshakeRefusals(t *testing.T) {
	s := newStand(t, overSocket, nil)
	good := http.Header{
		"Connection": {"keep-alive, Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"},
		"Sec-Websocket-Key": {"AAAAAAAAAAAAAAAAAAAAAA=="}, "Sec-Websocket-Protocol": {"other, " + wire.Subprotocol},
	}
	for name, tt := range map[string]struct {
		method, header, value string
		status                int
	}{
		"method":         {"PUT", "", "", 405},
		"no upgrade":     {"GET", "Upgrade", "", 400},
		"connection":     {"GET", "Connection", "close", 400},
		"old version":    {"GET", "Sec-WebSocket-Version", "8", 400},
		"short key":      {"GET", "Sec-WebSocket-Key", "AAAA", 400},
		"no subprotocol": {"GET", "Sec-WebSocket-Protocol", "", 400},
		"another":        {"GET", "Sec-WebSocket-Protocol", "coopnet.control.v2", 400},
		"capitals":       {"GET", "Sec-WebSocket-Protocol", strings.ToUpper(wire.Subprotocol), 400},
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(tt.method, "/control", nil)
		r.Header = good.Clone()
		if tt.header != "" {
			r.Header.Set(tt.header, tt.value)
		}
		s.server.ServeHTTP(w, r)
		if w.Code != tt.status || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", name, w.Code, w.Header().Get("Content-Type"))
		}
	}
	// The good one is refused for the recorder alone, which has no connection to take over; no place stays taken.
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/control", nil)
	r.Header = good
	if s.server.ServeHTTP(w, r); w.Code != http.StatusBadRequest {
		t.Errorf("the good handshake: %d", w.Code)
	}
	if got := s.server.Stats(); got.Connections != 0 || got.Pending != 0 {
		t.Errorf("stats %+v", got)
	}
}

func TestMessagesThatAreRefused(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		s := newStand(t, over, func(c *Config) {
			start := time.Now()
			var calls atomic.Int64 // each message comes a second after the one before
			c.Now = func() time.Time { return start.Add(time.Duration(calls.Add(1)) * time.Second) }
		})
		guest, _ := s.guest("eve")
		internal, _ := s.join(s.claims("ann", jointoken.RoleInternal, jointoken.Control))
		expect[wire.ParticipantEvent](guest, wire.TypeJoined)
		for _, tt := range []struct {
			who             *caller
			frame, code, re string
		}{
			{guest, `{"type":"control.request","participant":"ann","role":"internal","permissions":["control"]}`, "control-denied", "control.request"},
			{guest, `{"type":"control.input","x":1}`, "control-denied", "control.input"},
			{guest, `{"type":"control.grant"}`, "control-denied", "control.grant"},
			{guest, `{"type":"control.revoke","grant":"g-1"}`, "control-denied", "control.revoke"},
			{internal, `{"type":"control.request"}`, "invalid", "control.request"},
			{internal, `{"type":"control.request","key":"k","publication":"s1","token":"a.b.c"}`, "not-found", "control.request"},
			{internal, `{"type":"control.input","grant":"g-1","events":[{"kind":"move"}]}`, "control-denied", "control.input"},
			{internal, `{"type":"view.select","publication":""}`, "view-denied", "view.select"},
			{guest, `{"type":"moderate.remove","participant":"ann"}`, "forbidden", "moderate.remove"},
			{guest, `{"type":"status.set","status":"asleep"}`, "invalid", "status.set"},
			{guest, `{"type":"status.set","status":"hand","participant":"ann"}`, "malformed", "status.set"},
			{guest, `{"type":"view.select","publication":7}`, "malformed", "view.select"},
			{guest, `{"type":"hello","token":"again"}`, "invalid", "hello"},
			{guest, `{"type":"room.state"}`, "invalid", "room.state"},
			{guest, `{"type":"` + strings.Repeat("x", 500) + `"}`, "invalid", strings.Repeat("x", 64)},
			{guest, `{"type":""}`, "malformed", ""},
			{guest, `[]`, "malformed", ""},
		} {
			tt.who.raw(tt.frame)
			tt.who.refused(tt.code, wire.Type(tt.re))
		}
		// Nothing has changed for anybody, and nobody was told anything.
		_, state := s.guest("bob")
		for _, c := range []*caller{guest, internal} {
			if joined := expect[wire.ParticipantEvent](c, wire.TypeJoined); joined.Participant.ID != "bob" {
				t.Errorf("participant %+v", joined)
			}
		}
		for _, p := range state.Participants {
			if p.Status != "" {
				t.Errorf("participant %+v", p)
			}
		}
		if len(state.Participants) != 3 {
			t.Errorf("participants %+v", state.Participants)
		}
	})
}

func TestTooManyBadMessages(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		s := newStand(t, over, nil)
		eve, _ := s.guest("eve")
		for range maxBadMessages {
			eve.raw("garbage")
			eve.refused("malformed", "")
		}
		eve.closed(CloseMalformed)
	})
}

func TestTextFramesOnly(t *testing.T) {
	s := newStand(t, overSocket, nil)
	eve, _ := s.guest("eve")
	if err := eve.line.(*socketLine).conn.Write(t.Context(), websocket.MessageBinary, []byte(heartbeat)); err != nil {
		t.Fatal(err)
	}
	eve.refused("malformed", "")
}

func TestFlood(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		s := newStand(t, over, nil)
		eve, _ := s.guest("eve")
		for range messageBurst + maxBadMessages + 40 {
			if err := eve.line.write(t.Context(), heartbeat); err != nil {
				break // closed already
			}
		}
		eve.closed(CloseMalformed)
		big, _ := s.guest("big")
		big.raw(`{"type":"status.set","status":"` + strings.Repeat("x", wire.MaxMessage) + `"}`)
		big.closed(websocket.StatusMessageTooBig)
	})
}

func TestFullMessageIsRead(t *testing.T) {
	overBoth(t, func(t *testing.T, over kind) {
		s := newStand(t, over, nil)
		eve, _ := s.guest("eve")
		head, tail := `{"type":"view.select","publication":"`, `"}`
		eve.raw(head + strings.Repeat("x", wire.MaxMessage-len(head)-len(tail)) + tail)
		eve.refused("not-found", wire.TypeViewSelect)
	})
}

func TestErrorsOfRoomsAreReasons(t *testing.T) {
	for err, want := range map[error]string{
		room.ErrRemoved: "removed", room.ErrEnded: "ended", room.ErrDraining: "draining", room.ErrFull: "", errors.New("x"): "",
	} {
		if got := reasonOf(err); got != want {
			t.Errorf("%v: %q", err, got)
		}
	}
}
