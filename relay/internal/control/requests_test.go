package control

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/coopnet/coopnet/relay/internal/room"
	"github.com/coopnet/coopnet/shared/jointoken"
	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/wire"
)

// get asks as the participant does and gives the whole answer.
func (l *pollLine) get(t *testing.T, query string) (int, string) {
	t.Helper()
	status, _, text, err := l.ask(t.Context(), http.MethodGet, l.location+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	return status, string(text)
}

func (l *pollLine) post(t *testing.T, body string) (int, string) {
	t.Helper()
	status, _, text, err := l.ask(t.Context(), http.MethodPost, l.location+"/messages", []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	return status, string(text)
}

func (c *caller) poll() *pollLine { return c.line.(*pollLine) }

func TestALostAnswerLosesNoMessage(t *testing.T) {
	s := newStand(t, overHTTP, nil)
	ann, _ := s.guest("ann")
	s.guest("bob")
	ann.send(wire.StatusSet{Type: wire.TypeStatusSet, Status: "hand"})
	first := wire.Batch{}
	s.until("both events wait", func() bool {
		_, text := ann.poll().get(t, "?after=1")
		if err := json.Unmarshal([]byte(text), &first); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return len(first.Messages) == 2
	})
	if _, text := ann.poll().get(t, "?after=2&poll=7"); !strings.HasPrefix(text, `{"after":2,"messages":[{"type":"participant.updated"`) {
		t.Errorf("after one of two: %s", text)
	}
	if status, text := ann.poll().get(t, "?after=1"); status != http.StatusConflict || !strings.Contains(text, "conflict") {
		t.Errorf("what was acknowledged: %d %s", status, text)
	}
}

func TestMessagesThatComeTwiceCountOnce(t *testing.T) {
	s := newStand(t, overHTTP, nil)
	ann, _ := s.guest("ann")
	unknown := func(from, to int) string {
		var list []string
		for n := from; n <= to; n++ {
			list = append(list, fmt.Sprintf(`{"type":"m%d"}`, n))
		}
		return fmt.Sprintf(`{"after":%d,"messages":[%s]}`, from-1, strings.Join(list, ","))
	}
	for _, body := range []string{unknown(1, 2), unknown(1, 2), unknown(1, 1), unknown(2, 4), unknown(3, 4), `{"after":4,"messages":[]}`} {
		if status, text := ann.poll().post(t, body); status != http.StatusNoContent {
			t.Errorf("%s: %d %s", body, status, text)
		}
	}
	if status, text := ann.poll().post(t, unknown(6, 6)); status != http.StatusConflict {
		t.Errorf("a gap: %d %s", status, text)
	}
	for n := 1; n <= 4; n++ {
		ann.refused("invalid", wire.Type(fmt.Sprint("m", n)))
	}
	ann.poll().sent = 4
	ann.send(wire.StatusSet{Type: wire.TypeStatusSet, Status: "hand"})
	expect[wire.ParticipantEvent](ann, wire.TypeUpdated) // and nothing before it
}

func TestRequestsThatAreRefused(t *testing.T) {
	s := newStand(t, overHTTP, nil)
	ann, _ := s.guest("ann")
	at := ann.poll().location
	long := `{"after":0,"messages":["` + strings.Repeat("x", maxBody) + `"]}`
	for name, tt := range map[string]struct {
		method, path, kind, body string
		code                     problem.Code
		allow                    string
	}{
		"hello as a form":      {"POST", path, "text/plain", "{}", problem.UnsupportedMediaType, ""},
		"hello too long":       {"POST", path, "application/json", strings.Repeat(" ", wire.MaxMessage+1), problem.BodyTooLarge, ""},
		"hello of nothing":     {"POST", path, "application/json", "", problem.Malformed, ""},
		"another method":       {"PUT", path, "", "", problem.MethodNotAllowed, "GET, OPTIONS, POST"},
		"nothing below":        {"GET", path + "/", "", "", problem.NotFound, ""},
		"nobody's channel":     {"GET", path + "/x?after=0", "", "", problem.NotFound, ""},
		"nobody's messages":    {"POST", path + "/x/messages", "application/json", `{"after":0,"messages":[]}`, problem.NotFound, ""},
		"nobody's end":         {"DELETE", path + "/x", "", "", problem.NotFound, ""},
		"posted to a channel":  {"POST", at, "", "", problem.MethodNotAllowed, "DELETE, GET, OPTIONS"},
		"fetched messages":     {"GET", at + "/messages", "", "", problem.MethodNotAllowed, "OPTIONS, POST"},
		"after nothing":        {"GET", at, "", "", problem.Malformed, ""},
		"after less":           {"GET", at + "?after=-1", "", "", problem.Malformed, ""},
		"after too much":       {"GET", at + "?after=18446744073709551616", "", "", problem.Malformed, ""},
		"after more":           {"GET", at + "?after=18446744073709551615", "", "", problem.Conflict, ""},
		"messages as a form":   {"POST", at + "/messages", "text/plain", `{"after":0,"messages":[]}`, problem.UnsupportedMediaType, ""},
		"no list":              {"POST", at + "/messages", "application/json", `[]`, problem.Malformed, ""},
		"no JSON":              {"POST", at + "/messages", "application/json", `{`, problem.Malformed, ""},
		"two bodies":           {"POST", at + "/messages", "application/json", `{"after":0,"messages":[]}{}`, problem.Malformed, ""},
		"no number":            {"POST", at + "/messages", "application/json", `{"messages":[{}]}`, problem.Malformed, ""},
		"a number of no kind":  {"POST", at + "/messages", "application/json", `{"after":-1,"messages":[{}]}`, problem.Invalid, ""},
		"another member":       {"POST", at + "/messages", "application/json", `{"after":0,"messages":[],"end":{}}`, problem.Malformed, ""},
		"too many messages":    {"POST", at + "/messages", "application/json", `{"after":0,"messages":[1` + strings.Repeat(",1", maxBatch) + `]}`, problem.Malformed, ""},
		"too long a body":      {"POST", at + "/messages", "application/json", long, problem.BodyTooLarge, ""},
		"messages from nobody": {"POST", at + "/messages", "application/json", `{"after":18446744073709551615,"messages":[{}]}`, problem.Conflict, ""},
	} {
		r := httptest.NewRequest(tt.method, tt.path, strings.NewReader(tt.body))
		if tt.kind != "" {
			r.Header.Set("Content-Type", tt.kind)
		}
		w := httptest.NewRecorder()
		s.server.ServeHTTP(w, r)
		var document struct{ Code problem.Code }
		if err := json.Unmarshal(w.Body.Bytes(), &document); err != nil || document.Code != tt.code || w.Code != tt.code.Status() {
			t.Errorf("%s: %d %s, want %s", name, w.Code, w.Body, tt.code)
		}
		h := w.Header()
		if h.Get("Content-Type") != "application/problem+json" || h.Get("Allow") != tt.allow || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", name, h)
		}
	}
	// None of it has touched the channel.
	ann.send(wire.StatusSet{Type: wire.TypeStatusSet, Status: "hand"})
	expect[wire.ParticipantEvent](ann, wire.TypeUpdated)
	if got := s.server.Stats(); got.Connections != 1 || got.Pending != 0 || got.Polls != 1 {
		t.Errorf("stats %+v", got)
	}
}

func TestOtherOriginsMayCall(t *testing.T) {
	s := newStand(t, overHTTP, nil)
	ann, _ := s.guest("ann")
	for _, at := range []string{path, ann.poll().location, ann.poll().location + "/messages"} {
		r := httptest.NewRequest(http.MethodOptions, at, nil)
		r.Header.Set("Origin", "https://portal.example")
		w := httptest.NewRecorder()
		s.server.ServeHTTP(w, r)
		h := w.Header()
		if w.Code != http.StatusNoContent || h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Access-Control-Allow-Headers") != "Content-Type" ||
			h.Get("Access-Control-Allow-Methods") != "GET, POST, DELETE, OPTIONS" || h.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s: %d %v", at, w.Code, h)
		}
	}
}

// TestRefusalIsTheGoldenOne: a hello that is refused gets the document of the golden file, but for the request's id.
func TestRefusalIsTheGoldenOne(t *testing.T) {
	raw, err := os.ReadFile("../../../shared/wire/testdata/http/refused.json")
	if err != nil {
		t.Fatal(err)
	}
	s := newStand(t, overHTTP, nil)
	claims := s.claims("eve", jointoken.RoleGuest)
	claims.IssuedAt, claims.Expires = time.Now().Add(-2*time.Minute), time.Now().Add(-time.Minute)
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(s.helloOf(claims)))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.server.ServeHTTP(w, r)
	var got, want map[string]any
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	delete(want, "requestId") // given by who is in front
	if !reflect.DeepEqual(got, want) || w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") == "" {
		t.Errorf("%d %v %s\nwant %s", w.Code, w.Header(), w.Body, raw)
	}
}

func TestRefusalsHaveTheirStatus(t *testing.T) {
	s := newStand(t, overHTTP, func(c *Config) { c.Rooms = room.New(room.Config{MaxRooms: 1}) })
	s.guest("ann")
	other, over := s.claims("bob", jointoken.RoleGuest), s.claims("bob", jointoken.RoleGuest)
	other.Conference, over.Conference = "another", "over"
	heldUp := s.claims("ann", jointoken.RoleGuest)
	heldUp.IssuedAt = heldUp.IssuedAt.Add(-3 * time.Second)
	s.rooms.End("over")
	for hello, want := range map[string]string{
		s.helloOf(other):  "503 unavailable 1013 2",
		s.helloOf(over):   "403 forbidden 4410 ",
		s.helloOf(heldUp): "409 conflict 4409 ",
		`{"type":"x"}`:    "400 malformed 4400 ",
	} {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(hello))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		s.server.ServeHTTP(w, r)
		var document struct {
			Code problem.Code
			End  wire.End
		}
		_ = json.Unmarshal(w.Body.Bytes(), &document)
		if got := fmt.Sprint(w.Code, " ", document.Code, " ", document.End.Code, " ", w.Header().Get("Retry-After")); got != want {
			t.Errorf("%s: %s, want %s", w.Body, got, want)
		}
	}
	s.until("no refused channel is left", func() bool { return s.server.Stats().Polls == 1 })
}

func TestAnswersAreWholeAndTheAddressIsSecret(t *testing.T) {
	var log logged
	s := newStand(t, overHTTP, func(c *Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	seen := map[string]bool{}
	for range 3 {
		ann, _ := s.guest("ann")
		at := ann.poll().location
		secret := strings.TrimPrefix(at, path+"/")
		if len(secret) != 32 || seen[secret] {
			t.Errorf("address %s", at)
		}
		seen[secret] = true
		ann.poll().get(t, "?after=0")
		ann.poll().get(t, "?after=99")
		ann.poll().hangUp()
	}
	response, err := s.client.Post(s.http.URL+path, "application/json", strings.NewReader(s.helloOf(s.claims("bob", jointoken.RoleGuest))))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	h := response.Header
	if response.StatusCode != http.StatusCreated || response.ContentLength <= 0 || h.Get("Cache-Control") != "no-store" || h.Get("Content-Type") != "application/json" {
		t.Errorf("%s %d %v", response.Status, response.ContentLength, h)
	}
	s.until("the channel is logged", func() bool { return strings.Contains(log.String(), "over=http") })
	for secret := range seen {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log has an address:\n%s", log.String())
		}
	}
}

// logged is a log that many goroutines write.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func TestHelloThatNeverCompletes(t *testing.T) {
	s := newStand(t, overHTTP, func(c *Config) { c.HelloTimeout = 50 * time.Millisecond })
	conn, err := net.Dial("tcp", s.http.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "POST /control HTTP/1.1\r\nHost: relay\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{\"type\":"); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	answer, err := io.ReadAll(conn)
	if err != nil || !bytes.HasPrefix(answer, []byte("HTTP/1.1 400 ")) {
		t.Errorf("%s, %v", answer, err)
	}
	s.until("the place is free", func() bool { return s.server.Stats().Connections == 0 })
}

// Who does not read an answer holds it no longer than a WebSocket's write may take, whatever the HTTP server allows.
func TestAnswerThatIsNotRead(t *testing.T) {
	s := newStand(t, overHTTP, func(c *Config) { c.WriteTimeout = 100 * time.Millisecond })
	for n := range 8 {
		big, err := s.rooms.Join("c-1", 0, room.Participant{ID: fmt.Sprint("p", n), Role: jointoken.RoleInternal})
		if err != nil {
			t.Fatal(err)
		}
		defer big.Leave()
		big.SetStatus(strings.Repeat("x", 1<<20)) // more than the kernel's buffers hold
	}
	answered := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(answered)
		s.server.ServeHTTP(w, r)
	}))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	hello := s.helloOf(s.claims("eve", jointoken.RoleGuest))
	if _, err := fmt.Fprintf(conn, "POST /control HTTP/1.1\r\nHost: relay\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(hello), hello); err != nil {
		t.Fatal(err)
	}
	select {
	case <-answered:
	case <-time.After(5 * time.Second):
		t.Error("the answer still waits to be read")
	}
}

func TestPollsAreBounded(t *testing.T) {
	s := newStand(t, overHTTP, func(c *Config) { c.MaxPolls = 2 })
	ann, _ := s.guest("ann")
	s.guest("bob")
	hello := s.helloOf(s.claims("eve", jointoken.RoleGuest))
	l := &pollLine{client: s.client, base: s.http.URL}
	if status, _, text, err := l.ask(t.Context(), http.MethodPost, path, []byte(hello)); err != nil || status != http.StatusServiceUnavailable {
		t.Errorf("%d %s, %v", status, text, err)
	}
	socket, _, err := s.dialSocket(t.Context()) // there is room for those
	if err != nil {
		t.Fatal(err)
	}
	_ = socket.CloseNow()
	ann.line.hangUp()
	s.until("a place is free", func() bool { return s.server.Stats().Polls == 1 })
	if err := l.write(t.Context(), hello); err != nil || l.location == "" { // the token is still good
		t.Errorf("%+v, %v", l, err)
	}
}

// The participant's page has gone while its hello was looked at: nobody will ever fetch.
func TestHelloOfWhoHasGone(t *testing.T) {
	s := newStand(t, overHTTP, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, path, strings.NewReader(s.helloOf(s.claims("ann", jointoken.RoleGuest))))
	r.Header.Set("Content-Type", "application/json")
	s.server.ServeHTTP(httptest.NewRecorder(), r)
	s.until("nothing is left", func() bool { return s.server.Stats().Connections == 0 && s.rooms.Stats().Participants == 0 })
}

func TestLeaving(t *testing.T) {
	s := newStand(t, overHTTP, nil)
	ann, _ := s.guest("ann")
	waiting := make(chan int, 1)
	go func() {
		status, _, _, _ := ann.poll().ask(t.Context(), http.MethodGet, ann.poll().location+"?after=1", nil)
		waiting <- status
	}()
	s.until("a fetch waits", func() bool {
		s.server.mu.Lock()
		defer s.server.mu.Unlock()
		for _, p := range s.server.polls {
			p.outlet.mu.Lock()
			defer p.outlet.mu.Unlock()
			return p.outlet.visit == 1
		}
		return false
	})
	if status, _, text, err := ann.poll().ask(t.Context(), http.MethodDelete, ann.poll().location, nil); err != nil || status != http.StatusNoContent {
		t.Errorf("%d %s, %v", status, text, err)
	}
	if status := <-waiting; status != http.StatusNotFound {
		t.Errorf("who waited got %d", status)
	}
	s.until("ann is gone", func() bool { return s.rooms.Stats().Participants == 0 })
}

// The end can be fetched again, until the participant says that it has it.
func TestEndWaitsForALostAnswer(t *testing.T) {
	s := newStand(t, overHTTP, func(c *Config) { c.Linger = time.Minute })
	older, _ := s.guest("eve")
	s.guest("eve")
	for range 3 {
		if status, text := older.poll().get(t, "?after=1"); status != http.StatusOK || !strings.Contains(text, `"end":{"code":4409,"reason":"opened elsewhere"}`) {
			t.Errorf("%d %s", status, text)
		}
	}
	if status, text := older.poll().post(t, `{"after":0,"messages":[{"type":"room.heartbeat"}]}`); status != http.StatusNoContent {
		t.Errorf("a message at the end: %d %s", status, text)
	}
	older.line.hangUp()
	s.until("the older channel is forgotten", func() bool { return s.server.Stats().Polls == 1 })
}

func TestEndIsForgottenInTime(t *testing.T) {
	s := newStand(t, overHTTP, func(c *Config) { c.Linger = 20 * time.Millisecond })
	older, _ := s.guest("eve")
	s.guest("eve")
	s.until("the older channel is forgotten", func() bool { return s.server.Stats().Polls == 1 })
	if status, text := older.poll().get(t, "?after=1"); status != http.StatusNotFound {
		t.Errorf("%d %s", status, text)
	}
}

// A stopping relay answers who waits at once, and waits for nobody else.
func TestShutdownAnswersEveryFetch(t *testing.T) {
	s := newStand(t, overHTTP, func(c *Config) { c.Heartbeat, c.CloseTimeout, c.Linger = time.Minute, 10*time.Second, time.Minute })
	const many = 20
	var all sync.WaitGroup
	answers := make(chan string, 2*many)
	for n := range many {
		c, _ := s.guest(fmt.Sprint("p", n))
		all.Go(func() {
			for {
				frame, err := c.line.read(t.Context())
				if err != nil {
					if websocket.CloseStatus(err) < 0 {
						t.Error(err)
					}
					answers <- fmt.Sprint(websocket.CloseStatus(err))
					return
				}
				if bytes.Contains(frame, []byte("room.ended")) {
					answers <- string(frame)
				}
			}
		})
	}
	start := time.Now()
	go func() {
		all.Wait()
		close(answers)
	}()
	if err := s.server.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
	got := map[string]int{}
	for a := range answers {
		got[a]++
	}
	if want := map[string]int{"StatusGoingAway": many, `{"type":"room.ended","reason":"draining"}`: many}; !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

// TestOverHTTP2: a browser fetches over the connection on which it posts.
func TestOverHTTP2(t *testing.T) {
	s := newStand(t, overHTTP, func(c *Config) { c.Heartbeat = 20 * time.Millisecond })
	secured := httptest.NewUnstartedServer(s.server)
	secured.EnableHTTP2 = true
	secured.StartTLS()
	defer secured.Close()
	transport := secured.Client().Transport.(*http.Transport)
	transport.TLSClientConfig.MinVersion = tls.VersionTLS13
	defer transport.CloseIdleConnections()
	l := &pollLine{client: secured.Client(), base: secured.URL}
	c := &caller{t, l}
	c.raw(s.helloOf(s.claims("ann", jointoken.RoleGuest)))
	expect[wire.RoomState](c, wire.TypeRoomState)
	c.send(wire.StatusSet{Type: wire.TypeStatusSet, Status: "hand"})
	expect[wire.ParticipantEvent](c, wire.TypeUpdated)
	if frame, err := l.read(t.Context()); err != nil || string(frame) != heartbeat {
		t.Errorf("%s, %v", frame, err)
	}
	l.hangUp()
	s.until("ann is gone", func() bool { return s.rooms.Stats().Participants == 0 })
}
