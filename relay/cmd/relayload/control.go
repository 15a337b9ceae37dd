package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"github.com/coopnet/coopnet/shared/wire"
)

const (
	maxControlMessage = 4 << 20 // bytes; a room.state of 20,000 participants
	controlTimeout    = 5 * time.Second
)

// channel is a participant's control channel. It answers heartbeats, and reads everything else away.
type channel struct {
	conn  *websocket.Conn
	mute  atomic.Bool   // heartbeats are not answered
	ended chan struct{} // closed by the reader
}

// openControl opens the channel with a join token and waits for the room's state.
func openControl(ctx context.Context, url string, client *http.Client, token string) (*channel, error) {
	ctx, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	conn, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPClient: client, Subprotocols: []string{wire.Subprotocol}})
	if err != nil {
		return nil, fmt.Errorf("open control channel: %w", err)
	}
	conn.SetReadLimit(maxControlMessage)
	c := &channel{conn: conn, ended: make(chan struct{})}
	if err := c.greet(ctx, token); err != nil {
		_ = conn.CloseNow()
		return nil, fmt.Errorf("open control channel: %w", err)
	}
	go c.read()
	return c, nil
}

func (c *channel) greet(ctx context.Context, token string) error {
	if err := c.send(ctx, wire.Hello{Type: wire.TypeHello, Token: token}); err != nil {
		return err
	}
	_, text, err := c.conn.Read(ctx)
	if err != nil {
		return err
	}
	switch kind, err := wire.TypeOf(text); {
	case err != nil:
		return err
	case kind != wire.TypeRoomState:
		return fmt.Errorf("the relay answered %.200s", text)
	}
	return nil
}

func (c *channel) send(ctx context.Context, message any) error {
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, controlTimeout)
	defer cancel()
	return c.conn.Write(ctx, websocket.MessageText, text)
}

// read goes on until the channel ends, from either side.
func (c *channel) read() {
	defer close(c.ended)
	for {
		_, text, err := c.conn.Read(context.Background())
		if err != nil {
			return
		}
		if kind, err := wire.TypeOf(text); err != nil || kind != wire.TypeRoomHeartbeat || c.mute.Load() {
			continue
		}
		if c.send(context.Background(), wire.Heartbeat{Type: wire.TypeRoomHeartbeat}) != nil {
			return
		}
	}
}

// over reports whether the channel has ended.
func (c *channel) over() bool {
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}

// close says goodbye.
func (c *channel) close() {
	_ = c.conn.Close(websocket.StatusNormalClosure, "")
	<-c.ended
}

// forsake falls silent and waits for the relay to notice; false when it does not within the limit.
func (c *channel) forsake(limit time.Duration) bool {
	c.mute.Store(true)
	timer := time.NewTimer(limit)
	defer timer.Stop()
	noticed := true
	select {
	case <-c.ended:
	case <-timer.C:
		noticed = false
	}
	_ = c.conn.CloseNow()
	<-c.ended
	return noticed
}
