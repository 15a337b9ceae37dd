// Package granttest is a colleague in tests: an internal participant's page, which asks for control of a share and uses it.
package granttest

import (
	"context"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/coopnet/coopnet/shared/wire"
)

const patience = 30 * time.Second

// Colleague is in a room.
type Colleague struct {
	tb    testing.TB
	conn  *websocket.Conn
	heard chan message
	state wire.RoomState
	grant string
}

type message struct {
	kind  wire.Type
	frame []byte
}

// Enter opens the control channel, until the test ends.
func Enter(tb testing.TB, control, token string) *Colleague {
	tb.Helper()
	conn, _, err := websocket.Dial(tb.Context(), control, &websocket.DialOptions{Subprotocols: []string{wire.Subprotocol}})
	if err != nil {
		tb.Fatal(err)
	}
	c := &Colleague{tb: tb, conn: conn, heard: make(chan message, 256)}
	tb.Cleanup(func() { _ = conn.CloseNow() })
	c.say(wire.Hello{Type: wire.TypeHello, Token: token})
	if err := wsjson.Read(tb.Context(), conn, &c.state); err != nil || c.state.Type != wire.TypeRoomState {
		tb.Fatalf("entered %+v, %v", c.state, err)
	}
	go c.listen()
	return c
}

// listen ends with the connection.
func (c *Colleague) listen() {
	defer close(c.heard)
	for {
		_, frame, err := c.conn.Read(context.Background())
		if err != nil {
			return
		}
		switch kind, _ := wire.TypeOf(frame); kind {
		case wire.TypeRoomHeartbeat:
			if wsjson.Write(context.Background(), c.conn, wire.Heartbeat{Type: wire.TypeRoomHeartbeat}) != nil {
				return
			}
		case wire.TypeControlGrant, wire.TypeControlDeny, wire.TypeControlRevoke, wire.TypeError, wire.TypePublicationStop:
			c.heard <- message{kind, frame}
		}
	}
}

func (c *Colleague) say(m any) {
	c.tb.Helper()
	if err := wsjson.Write(c.tb.Context(), c.conn, m); err != nil {
		c.tb.Fatal(err)
	}
}

// Ask asks for control of the one share. vouch has the portal sign a control token for its presenter.
func (c *Colleague) Ask(vouch func(presenter string) (token string)) {
	c.tb.Helper()
	if len(c.state.Publications) != 1 || !c.state.Publications[0].Control {
		c.tb.Fatalf("nothing can be controlled: %+v", c.state.Publications)
	}
	share := c.state.Publications[0]
	c.say(wire.ControlRequest{Type: wire.TypeControlRequest, Key: "k-1", Publication: share.ID, Token: vouch(share.Participant)})
}

// Granted waits for the presenter's yes.
func (c *Colleague) Granted() {
	c.tb.Helper()
	granted := hear[wire.ControlGranted](c, wire.TypeControlGrant)
	c.grant = granted.Grant
}

// Does sends input.
func (c *Colleague) Does(events ...wire.InputEvent) {
	c.tb.Helper()
	c.say(wire.ControlInput{Type: wire.TypeControlInput, Grant: c.grant, Events: events})
}

// Types sends a text.
func (c *Colleague) Types(words string) {
	c.tb.Helper()
	c.Does(wire.InputEvent{Kind: wire.InputText, Text: words})
}

// Revoked waits until the control is over, and tells why.
func (c *Colleague) Revoked() (reason string) {
	c.tb.Helper()
	return hear[wire.ControlRevoked](c, wire.TypeControlRevoke).Reason
}

// Refused waits until the relay refuses something.
func (c *Colleague) Refused() (code string) {
	c.tb.Helper()
	return hear[wire.Error](c, wire.TypeError).Code
}

// Stopped waits for the end of the share.
func (c *Colleague) Stopped() {
	c.tb.Helper()
	hear[wire.PublicationStopped](c, wire.TypePublicationStop)
}

// hear waits for a message; nothing else is expected.
func hear[M any](c *Colleague, want wire.Type) (m M) {
	c.tb.Helper()
	select {
	case got := <-c.heard:
		if got.kind != want {
			c.tb.Fatalf("waiting for %s: %s", want, got.frame)
		}
		if err := wire.Decode(got.frame, &m); err != nil {
			c.tb.Fatal(err)
		}
	case <-time.After(patience):
		c.tb.Fatalf("not in time: %s", want)
	}
	return m
}
