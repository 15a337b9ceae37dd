package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"github.com/coopnet/coopnet/shared/wire"
)

const (
	maxMessage  = 1 << 20 // bytes, of the relay
	sendTimeout = 5 * time.Second
)

// carrier is one connection to the relay.
type carrier interface {
	// Receive waits for the relay's next message; nil when it has only shown that it is there. The error is a *gone when
	// the relay has ended the connection. Once it has failed, or ctx has ended, the carrier is of no use.
	Receive(ctx context.Context) ([]byte, error)
	Send(ctx context.Context, message []byte) error
	// Close ends the connection; leaving tells the relay so, too.
	Close(leaving bool)
}

// gone is the relay's end of a connection.
type gone struct {
	code    int
	refusal *Refusal
}

func (g *gone) Error() string { return fmt.Sprintf("closed with %d", g.code) }

// socket is a carrier by WebSocket.
type socket struct{ conn *websocket.Conn }

func openSocket(ctx context.Context, client *http.Client, t *Ticket) (*socket, error) {
	conn, _, err := websocket.Dial(ctx, t.Relay.Control, &websocket.DialOptions{HTTPClient: client, Subprotocols: []string{wire.Subprotocol}})
	if err != nil {
		return nil, fmt.Errorf("open the control channel: %w", err)
	}
	conn.SetReadLimit(maxMessage)
	s := &socket{conn}
	hello, err := json.Marshal(wire.Hello{Type: wire.TypeHello, Token: t.Token})
	if err == nil {
		err = s.Send(ctx, hello)
	}
	if err != nil {
		s.Close(false)
		return nil, fmt.Errorf("say hello: %w", err)
	}
	return s, nil
}

func (s *socket) Receive(ctx context.Context) ([]byte, error) {
	_, message, err := s.conn.Read(ctx)
	var end websocket.CloseError
	if errors.As(err, &end) {
		return nil, &gone{code: int(end.Code)}
	}
	return message, err
}

func (s *socket) Send(ctx context.Context, message []byte) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, message)
}

func (s *socket) Close(leaving bool) {
	if leaving {
		_ = s.conn.Close(websocket.StatusNormalClosure, "") // the relay notices in any case
		return
	}
	_ = s.conn.CloseNow()
}
