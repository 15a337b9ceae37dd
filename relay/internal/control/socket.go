package control

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"

	"github.com/coopnet/coopnet/shared/wire"
)

// socket is the carrier of a channel over a WebSocket.
type socket struct {
	conn         *websocket.Conn
	frames       chan frame
	closing      chan struct{} // closed when frames are no longer wanted
	closeTimeout time.Duration
	cut          context.CancelFunc // closes what is beneath conn
	reader       sync.WaitGroup
	closed       bool // by the participant; belongs to the reader until frames is closed
}

var _ carrier = (*socket)(nil)

// upgrade makes the request a WebSocket and returns when the channel is over.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request) {
	err := checkHandshake(w, r)
	if err == nil {
		err = s.enter(overSocket)
	}
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	defer s.leave(overSocket)
	settled := sync.OnceFunc(s.settle)
	defer settled()
	pings := rate.NewLimiter(messagesPerSecond, messageBurst)
	upgrade := &taken{ResponseWriter: w}
	conn, err := websocket.Accept(upgrade, r, &websocket.AcceptOptions{
		Subprotocols: []string{wire.Subprotocol},
		// Any origin may connect: nothing is authorised by cookie here, so another site's page gains nothing by opening
		// the channel. Its owner is whoever sends a join token in the first message, and the portal that minted the
		// token usually has another origin than the relay.
		InsecureSkipVerify: true,
		// A flood of pings is read but not answered.
		OnPingReceived: func(context.Context, []byte) bool { return pings.AllowN(s.cfg.Now(), 1) },
	})
	if err != nil { // the answer is written
		s.refused.Add(1)
		s.cfg.Logger.Debug("control: upgrade failed", "error", err)
		return
	}
	newChannel(s, newSocket(s.cut, conn, upgrade.socket, s.cfg.CloseTimeout)).run(func(error) { settled() })
}

func newSocket(ctx context.Context, conn *websocket.Conn, beneath net.Conn, closeTimeout time.Duration) *socket {
	conn.SetReadLimit(wire.MaxMessage)
	ctx, cut := context.WithCancel(ctx)
	s := &socket{conn: conn, frames: make(chan frame), closing: make(chan struct{}), closeTimeout: closeTimeout, cut: cut}
	context.AfterFunc(ctx, func() { _ = beneath.Close() }) // the connection may be closed already
	s.reader.Go(func() { s.read(ctx) })
	return s
}

// read passes frames on until the connection ends; once closing it only looks for the participant's close.
func (s *socket) read(ctx context.Context) {
	defer close(s.frames)
	for {
		kind, data, err := s.conn.Read(ctx)
		if err != nil {
			code := websocket.CloseStatus(err)
			s.closed = code == websocket.StatusNormalClosure || code == websocket.StatusGoingAway
			return
		}
		select {
		case s.frames <- frame{text: kind == websocket.MessageText, data: data}:
		case <-s.closing:
		case <-ctx.Done():
			return
		}
	}
}

// String implements carrier.
func (s *socket) String() string { return "websocket" }

func (s *socket) inbox() <-chan frame    { return s.frames }
func (s *socket) parted() bool           { return s.closed }
func (s *socket) alive() <-chan struct{} { return nil } // heartbeats are answered with messages

func (s *socket) write(ctx context.Context, message []byte) error {
	if err := s.conn.Write(ctx, websocket.MessageText, message); err != nil {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	return nil
}

func (s *socket) beat(ctx context.Context) error {
	message, err := json.Marshal(wire.Heartbeat{Type: wire.TypeRoomHeartbeat})
	if err != nil {
		return fmt.Errorf("encode heartbeat: %w", err)
	}
	return s.write(ctx, message)
}

// close says goodbye and gives the participant closeTimeout to answer.
func (s *socket) close(end ending) {
	close(s.closing)
	timer := time.AfterFunc(s.closeTimeout, s.cut)
	defer timer.Stop()
	_ = s.conn.Close(end.code, end.reason) // a participant that does not answer is gone all the same
}

func (s *socket) release() {
	s.cut()
	s.reader.Wait()
	_ = s.conn.CloseNow() // it is closed already unless the reader ended by itself
}
