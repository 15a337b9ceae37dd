package relay

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/pion/webrtc/v3"

	"github.com/coopnet/coopnet/relay/internal/peer/peertest"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/whip"
	"github.com/coopnet/coopnet/shared/wire"
)

// channel is a participant's control channel.
type channel struct {
	t    *testing.T
	conn *websocket.Conn
}

func (w *world) control(participant string, permissions ...jointoken.Permission) *channel {
	w.t.Helper()
	conn, _, err := websocket.Dial(w.t.Context(), w.url+"/control", &websocket.DialOptions{Subprotocols: []string{wire.Subprotocol}})
	if err != nil {
		w.t.Fatal(err)
	}
	conn.SetReadLimit(1 << 20)
	w.t.Cleanup(func() { _ = conn.CloseNow() })
	c := &channel{w.t, conn}
	c.say(wire.Hello{Type: wire.TypeHello, Token: w.token(participant, permissions...)})
	return c
}

func (c *channel) say(message any) {
	c.t.Helper()
	data, err := json.Marshal(message)
	if err == nil {
		err = c.conn.Write(c.t.Context(), websocket.MessageText, data)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// hear reads to a message of this type; an error message is none that is waited for.
func hear[M any](c *channel, want wire.Type) M {
	c.t.Helper()
	for {
		var m M
		_, frame, err := c.conn.Read(c.t.Context())
		if err != nil {
			c.t.Fatalf("waiting for %s: %v", want, err)
		}
		name, err := wire.TypeOf(frame)
		if err != nil || name == wire.TypeError && want != wire.TypeError {
			c.t.Fatalf("waiting for %s: %s", want, frame)
		}
		if name == wire.TypeRoomHeartbeat {
			c.say(wire.Heartbeat{Type: wire.TypeRoomHeartbeat})
		}
		if name == want {
			if err := wire.Decode(frame, &m); err != nil {
				c.t.Fatal(err)
			}
			return m
		}
	}
}

// What a presenter puts on the stage is what those see who follow, in the one stream that they have; what was drawn over a
// share goes with it, and what was said is there for who comes back.
func TestTheStageMovesThePicture(t *testing.T) {
	w := newWorld(t)
	every := []jointoken.Permission{jointoken.View, jointoken.Share, jointoken.Chat, jointoken.Annotate}
	picture := w.watch("viewer")
	viewer := w.control("viewer", jointoken.View, jointoken.Annotate)
	hear[wire.RoomState](viewer, wire.TypeRoomState)
	anne := w.share("anne", 'A')
	next(t, picture, "packet of A", from('A'))
	a := hear[wire.PublicationStarted](viewer, wire.TypePublicationStart).Publication.ID
	w.share("bob", 'B')
	next(t, picture, "packet of B", from('B'))

	bob := w.control("bob", every...)
	hear[wire.RoomState](bob, wire.TypeRoomState)
	bob.say(wire.StageShow{Type: wire.TypeStageShow, Kind: "share", ID: a})
	next(t, picture, "A again", from('A'))
	for shown := ""; shown != a; {
		shown = hear[wire.StageShown](viewer, wire.TypeStageShown).Stage.ID
	}
	bob.say(wire.ChatSend{Type: wire.TypeChatSend, Key: "k", Text: "look there"})
	bob.say(wire.PointerMove{Type: wire.TypePointerMove, Surface: "share/" + a, X: 1, Y: 2})
	if p := hear[wire.PointerMoved](viewer, wire.TypePointerMoved); p.Participant != "bob" || p.X != 1 || p.Y != 2 {
		t.Errorf("pointed %+v", p)
	}
	bob.say(wire.StageShow{Type: wire.TypeStageShow, Kind: "document", ID: "d", Name: "Offer.pdf", Page: 2, Pages: 3})
	hear[wire.StageShown](viewer, wire.TypeStageShown)
	anne.end()
	if stopped := hear[wire.PublicationStopped](viewer, wire.TypePublicationStop); stopped.ID != a {
		t.Errorf("stopped %+v", stopped)
	}
	viewer.say(wire.PointerMove{Type: wire.TypePointerMove, Surface: "share/" + a, X: 1, Y: 2})
	if e := hear[wire.Error](viewer, wire.TypeError); e.Code != "not-found" {
		t.Errorf("got %+v", e)
	}
	_ = viewer.conn.CloseNow()
	back := w.control("viewer", jointoken.View, jointoken.Annotate)
	if s := hear[wire.RoomState](back, wire.TypeRoomState); s.Stage.Kind != "document" || s.Stage.Page != 2 || s.Self != "viewer" {
		t.Errorf("found %+v", s)
	}
	if h := hear[wire.ChatHistory](back, wire.TypeChatHistory); len(h.Messages) != 1 || h.Messages[0].Text != "look there" {
		t.Errorf("found %+v", h)
	}
}

// A locked conference lets nobody new in, by whatever door.
func TestALockedConference(t *testing.T) {
	w := newWorld(t)
	mod := w.control("mod", jointoken.View, jointoken.Moderate)
	hear[wire.RoomState](mod, wire.TypeRoomState)
	mod.say(wire.ModerateLock{Type: wire.TypeModerateLock, Locked: true})
	hear[wire.RoomUpdated](mod, wire.TypeRoomUpdated)
	pc := peertest.NewClient(t, webrtc.Configuration{})
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
	_, err := whip.Connect(t.Context(), whip.Endpoint{URL: w.url + "/whep", Token: w.token("eve", jointoken.View)}, pc)
	var refused *whip.Refused
	if !errors.As(err, &refused) || refused.Status != 403 || refused.Code != "forbidden" || !strings.Contains(refused.Detail, "locked") {
		t.Errorf("eve's view: %v", err)
	}
	eve := w.control("eve", jointoken.View)
	if e := hear[wire.Error](eve, wire.TypeError); e.Code != "forbidden" || e.Re != wire.TypeHello {
		t.Errorf("eve's control channel: %+v", e)
	}
	if _, _, err := eve.conn.Read(t.Context()); websocket.CloseStatus(err) != 4423 {
		t.Errorf("eve's control channel ends with %v", err)
	}
	w.watch("mod")
}
