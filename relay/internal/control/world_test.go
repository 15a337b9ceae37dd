package control

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/coopnet/coopnet/relay/internal/gate"
	"github.com/coopnet/coopnet/relay/internal/leaktest"
	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/wire"
)

const heartbeat = `{"type":"room.heartbeat"}`

// overBoth runs a test of the rules over each carrier.
func overBoth(t *testing.T, test func(*testing.T, kind)) {
	t.Helper()
	t.Run("websocket", func(t *testing.T) { test(t, overSocket) })
	t.Run("http", func(t *testing.T) { test(t, overHTTP) })
}

// stand is a control server behind a real HTTP server, with an issuer of join tokens.
type stand struct {
	t      testing.TB
	over   kind
	rooms  *room.Rooms
	server *Server
	http   *httptest.Server
	client *http.Client
	key    jointoken.Key
	serial atomic.Int64
}

func newStand(t testing.TB, over kind, change func(*Config)) *stand {
	t.Helper()
	leaktest.Check(t)
	key, err := jointoken.NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := &stand{t: t, over: over, key: key, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}}
	verifier := &jointoken.Verifier{Issuer: "https://coopnet.example", Audience: "relay-1", Keys: jointoken.NewJWKS(key), Now: time.Now}
	cfg := Config{Gate: gate.New(gate.Config{Verifier: verifier}), Rooms: room.New(room.Config{}), CloseTimeout: 200 * time.Millisecond}
	if change != nil {
		change(&cfg)
	}
	s.rooms = cfg.Rooms
	s.server = New(cfg)
	s.http = httptest.NewServer(s.server)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := s.server.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		s.client.CloseIdleConnections()
		s.http.Close()
		s.rooms.Close()
		if got := s.server.Stats(); got.Connections != 0 || got.Pending != 0 || got.Polls != 0 || len(s.server.polls) != 0 {
			t.Errorf("after the shutdown: %+v", got)
		}
	})
	return s
}

func (s *stand) claims(id string, role jointoken.Role, permissions ...jointoken.Permission) jointoken.Claims {
	now := time.Now()
	return jointoken.Claims{
		Issuer: "https://coopnet.example", Audience: "relay-1", Subject: id, ID: strconv.FormatInt(s.serial.Add(1), 10), Conference: "c-1",
		Name: "name of " + id, Role: role, Permissions: permissions, IssuedAt: now, NotBefore: now, Expires: now.Add(time.Minute),
	}
}

func (s *stand) sign(c jointoken.Claims) string {
	s.t.Helper()
	token, err := jointoken.Sign(s.key, c)
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

// until waits for something that nobody tells.
func (s *stand) until(what string, is func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("not within 5 s: %s", what)
		}
	}
}

// helloOf is the first message of a participant.
func (s *stand) helloOf(c jointoken.Claims) string {
	return `{"type":"hello","token":"` + s.sign(c) + `"}`
}

// line is the participant's end of a channel; the end of the channel is a websocket.CloseError of read.
type line interface {
	write(ctx context.Context, message string) error
	read(ctx context.Context) ([]byte, error)
	hangUp()
}

func (s *stand) connect(ctx context.Context) (line, error) {
	if s.over == overHTTP {
		return &pollLine{client: s.client, base: s.http.URL}, nil
	}
	conn, response, err := s.dialSocket(ctx)
	if err != nil {
		return nil, fmt.Errorf("dial: %w (%+v)", err, response)
	}
	conn.SetReadLimit(1 << 20)
	return &socketLine{conn}, nil
}

func (s *stand) dialSocket(ctx context.Context) (*websocket.Conn, *http.Response, error) {
	return websocket.Dial(ctx, s.http.URL+path, &websocket.DialOptions{
		Subprotocols: []string{wire.Subprotocol}, HTTPHeader: http.Header{"Origin": {"https://portal.example"}},
	})
}

type socketLine struct{ conn *websocket.Conn }

func (l *socketLine) write(ctx context.Context, message string) error {
	return l.conn.Write(ctx, websocket.MessageText, []byte(message))
}

func (l *socketLine) read(ctx context.Context) ([]byte, error) {
	_, frame, err := l.conn.Read(ctx)
	return frame, err
}

func (l *socketLine) hangUp() { _ = l.conn.Close(websocket.StatusNormalClosure, "") }

// pollLine does what the portal does without a WebSocket. Its first message is the hello.
type pollLine struct {
	writing  sync.Mutex
	client   *http.Client
	base     string
	location string
	sent     int
	had      uint64
	waiting  []json.RawMessage
	end      *wire.End
}

// ask makes a request and gives the answer's status, Location and body.
func (l *pollLine) ask(ctx context.Context, method, at string, body []byte) (int, string, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, l.base+at, bytes.NewReader(body))
	if err != nil {
		return 0, "", nil, err
	}
	r.Header.Set("Origin", "https://portal.example")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	response, err := l.client.Do(r)
	if err != nil {
		return 0, "", nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, response.Header.Get("Location"), text, err
}

// keep takes what an answer has, which may be a refusal.
func (l *pollLine) keep(text []byte) error {
	var b wire.Batch
	if err := json.Unmarshal(text, &b); err != nil {
		return fmt.Errorf("%w: %s", err, text)
	}
	if b.Messages == nil || b.After != l.had {
		return fmt.Errorf("after %d: %s", l.had, text)
	}
	l.waiting, l.had, l.end = append(l.waiting, b.Messages...), l.had+uint64(len(b.Messages)), b.End
	return nil
}

func (l *pollLine) write(ctx context.Context, message string) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	if l.location == "" {
		_, location, text, err := l.ask(ctx, http.MethodPost, path, []byte(message))
		if err != nil {
			return err
		}
		l.location = location
		return l.keep(text)
	}
	if !json.Valid([]byte(message)) { // no list can have it: the nearest is a message that is no object
		quoted, err := json.Marshal(message)
		if err != nil {
			return err
		}
		message = string(quoted)
	}
	status, _, text, err := l.ask(ctx, http.MethodPost, l.location+"/messages", fmt.Appendf(nil, `{"after":%d,"messages":[%s]}`, l.sent, message))
	if err == nil && status != http.StatusNoContent && status != http.StatusRequestEntityTooLarge {
		err = fmt.Errorf("%d %s", status, text)
	}
	l.sent++
	return err
}

func (l *pollLine) read(ctx context.Context) ([]byte, error) {
	if len(l.waiting) == 0 && l.end == nil {
		status, _, text, err := l.ask(ctx, http.MethodGet, fmt.Sprintf("%s?after=%d", l.location, l.had), nil)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("%d %s", status, text)
		}
		if err == nil {
			err = l.keep(text)
		}
		if err != nil {
			return nil, err
		}
	}
	switch {
	case len(l.waiting) > 0:
		first := l.waiting[0]
		l.waiting = l.waiting[1:]
		return first, nil
	case l.end != nil:
		l.hangUp()
		return nil, websocket.CloseError{Code: websocket.StatusCode(l.end.Code), Reason: l.end.Reason}
	}
	return []byte(heartbeat), nil
}

func (l *pollLine) hangUp() {
	if l.location != "" {
		_, _, _, _ = l.ask(context.Background(), http.MethodDelete, l.location, nil)
	}
}

// caller is the other end of a control channel.
type caller struct {
	t    testing.TB
	line line
}

func (s *stand) dial() *caller {
	s.t.Helper()
	l, err := s.connect(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	if socket, ok := l.(*socketLine); ok {
		s.t.Cleanup(func() { _ = socket.conn.CloseNow() })
	}
	return &caller{s.t, l}
}

// join dials and says hello; it returns the first state.
func (s *stand) join(c jointoken.Claims) (*caller, wire.RoomState) {
	s.t.Helper()
	who := s.dial()
	who.raw(s.helloOf(c))
	return who, expect[wire.RoomState](who, wire.TypeRoomState)
}

func (s *stand) guest(id string) (*caller, wire.RoomState) {
	s.t.Helper()
	return s.join(s.claims(id, jointoken.RoleGuest, jointoken.View))
}

func (c *caller) send(message any) {
	c.t.Helper()
	data, err := json.Marshal(message)
	if err != nil {
		c.t.Fatal(err)
	}
	c.raw(string(data))
}

func (c *caller) raw(frame string) {
	c.t.Helper()
	if err := c.line.write(c.t.Context(), frame); err != nil {
		c.t.Fatalf("write %.80s: %v", frame, err)
	}
}

// read returns the next message; heartbeats are answered and passed over.
func (c *caller) read() (wire.Type, []byte, error) {
	ctx, cancel := context.WithTimeout(c.t.Context(), 5*time.Second)
	defer cancel()
	for {
		frame, err := c.line.read(ctx)
		if err != nil {
			return "", nil, err
		}
		name, err := wire.TypeOf(frame)
		if err != nil || name != wire.TypeRoomHeartbeat {
			return name, frame, err
		}
		if err := c.line.write(ctx, string(frame)); err != nil {
			return "", nil, err
		}
	}
}

func (c *caller) next() (wire.Type, []byte) {
	c.t.Helper()
	name, frame, err := c.read()
	if err != nil {
		c.t.Fatalf("read: %v", err)
	}
	return name, frame
}

// expect decodes the next message, which must be of this type.
func expect[M any](c *caller, want wire.Type) M {
	c.t.Helper()
	var m M
	name, frame := c.next()
	if name != want {
		c.t.Fatalf("got %s, want %s", frame, want)
	}
	if err := wire.Decode(frame, &m); err != nil {
		c.t.Fatal(err)
	}
	return m
}

func (c *caller) refused(code string, re wire.Type) {
	c.t.Helper()
	if e := expect[wire.Error](c, wire.TypeError); e.Code != code || e.Re != re || e.Detail == "" {
		c.t.Errorf("got %+v, want %s re %s", e, code, re)
	}
}

// closed reads to the end, which must come with this code.
func (c *caller) closed(want websocket.StatusCode) {
	c.t.Helper()
	for {
		_, frame, err := c.read()
		if err == nil {
			c.t.Logf("before the close: %s", frame)
			continue
		}
		if got := websocket.CloseStatus(err); got != want {
			c.t.Errorf("closed with %d (%v), want %d", got, err, want)
		}
		return
	}
}
