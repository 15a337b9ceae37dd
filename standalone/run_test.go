package standalone

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/coopnet/coopnet/shared/wire"
)

// startSystem runs everything in a folder of its own until stop, which returns what Run returned.
func startSystem(t *testing.T, more ...string) (r Ready, data string, stop func() error) {
	t.Helper()
	data = filepath.Join(t.TempDir(), "data")
	cfg, err := ParseConfig(append([]string{"--listen", "127.0.0.1:0", "--media", "127.0.0.1:0", "--turn", "127.0.0.1:0", "--data", data, "--ready-file", filepath.Join(t.TempDir(), "ready.json")}, more...),
		func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, cfg, io.Discard, slog.New(slog.DiscardHandler)) }()
	stop = func() error {
		cancel()
		err := <-done
		done <- err // for the cleanup
		return err
	}
	t.Cleanup(func() { _ = stop() })
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		text, err := os.ReadFile(cfg.ReadyFile)
		if err == nil {
			if err := json.Unmarshal(text, &r); err != nil {
				t.Fatal(err)
			}
			return r, data, stop
		}
		select {
		case err := <-done:
			done <- err
			t.Fatalf("Run: %v", err)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("not ready after 20 s")
		}
	}
}

// visitor is a browser's part of joining: it keeps cookies over plain HTTP, as browsers do on localhost.
type visitor struct {
	t       *testing.T
	api     string
	cookies map[string]string
	key     string // an organizer's, or none
}

func (v *visitor) call(method, path string, body, answer any) {
	v.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		v.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(v.t.Context(), method, v.api+path, bytes.NewReader(text))
	if err != nil {
		v.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for name, value := range v.cookies {
		request.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	if v.key != "" {
		request.Header.Set("Authorization", "Bearer "+v.key)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		v.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err = io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= 300 {
		v.t.Fatalf("%s %s: %s %v\n%s", method, path, response.Status, err, text)
	}
	for _, c := range response.Cookies() {
		v.cookies[c.Name] = c.Value
	}
	if err := json.Unmarshal(text, answer); err != nil {
		v.t.Fatal(err)
	}
}

// join goes all the way to an open control channel.
func join(t *testing.T, r Ready, admission any) *websocket.Conn {
	t.Helper()
	v := &visitor{t: t, api: r.API, cookies: map[string]string{}}
	var ignored any
	v.call(http.MethodPost, "/admissions", admission, &ignored)
	v.call(http.MethodPut, "/identity", map[string]any{"title": "Mr", "name": "James BOND", "email": "james@example.com", "remember": false}, &ignored)
	var ticket struct {
		Token string
		Relay struct{ Control string }
	}
	v.call(http.MethodPost, "/join-tokens", map[string]string{"mode": "browser"}, &ticket)
	conn, _, err := websocket.Dial(t.Context(), ticket.Relay.Control, &websocket.DialOptions{Subprotocols: []string{wire.Subprotocol}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.CloseNow() })
	hello, err := json.Marshal(wire.Hello{Type: wire.TypeHello, Token: ticket.Token})
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Write(t.Context(), websocket.MessageText, hello); err != nil {
		t.Fatal(err)
	}
	return conn
}

// joinDemo makes a guest of the demo conference, who has seen the room.
func joinDemo(t *testing.T, r Ready, data string) (*demo, *websocket.Conn) {
	t.Helper()
	d, err := readDemo(filepath.Join(data, demoFile))
	if err != nil || d == nil {
		t.Fatalf("demo: %v, %v", d, err)
	}
	guest := join(t, r, map[string]string{"name": d.Name, "password": d.Password})
	var state wire.RoomState
	await(t, guest, wire.TypeRoomState, &state)
	return d, guest
}

// await reads until a message of the type comes, and decodes it.
func await(t *testing.T, conn *websocket.Conn, want wire.Type, message any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	for {
		_, frame, err := conn.Read(ctx)
		if err != nil {
			t.Fatalf("waiting for %s: %v", want, err)
		}
		if have, err := wire.TypeOf(frame); err != nil {
			t.Fatal(err)
		} else if have == want {
			if err := wire.Decode(frame, message); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
}

func TestRunJoinsBothSidesAndDrains(t *testing.T) {
	r, data, stop := startSystem(t)
	d, err := readDemo(filepath.Join(data, demoFile))
	if err != nil || d == nil {
		t.Fatalf("demo: %v, %v", d, err)
	}
	var state wire.RoomState
	presenter := join(t, r, map[string]string{"invitation": d.Presenter})
	await(t, presenter, wire.TypeRoomState, &state)
	organizer := join(t, r, map[string]string{"invitation": d.Organizer})
	await(t, organizer, wire.TypeRoomState, &state)
	guest := join(t, r, map[string]string{"name": d.Name, "password": d.Password})
	await(t, guest, wire.TypeRoomState, &state)
	if len(state.Participants) != 3 || state.Conference != d.Conference {
		t.Errorf("the guest sees %+v", state)
	}
	roles := map[string]int{}
	for _, p := range state.Participants {
		roles[string(p.Role)]++
	}
	if roles["guest"] != 1 || roles["internal"] != 1 || roles["organizer"] != 1 {
		t.Errorf("roles: %v", roles)
	}

	stopped := make(chan error, 1)
	began := time.Now()
	go func() { stopped <- stop() }()
	var ended wire.RoomEnded
	await(t, guest, wire.TypeRoomEnded, &ended)
	if ended.Reason != "draining" {
		t.Errorf("reason %q instead of draining", ended.Reason)
	}
	if err := <-stopped; err != nil {
		t.Errorf("Run: %v", err)
	}
	if took := time.Since(began); took > 25*time.Second {
		t.Errorf("the stop took %v", took)
	}
}

func TestRunEndsAConferenceOnTheRelay(t *testing.T) {
	r, data, _ := startSystem(t)
	d, guest := joinDemo(t, r, data)

	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.API+"/conferences/"+d.Conference+"/end", strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+r.OrganizerKey)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("end: %s", response.Status)
	}
	var ended wire.RoomEnded
	await(t, guest, wire.TypeRoomEnded, &ended)
	if ended.Reason != "ended" {
		t.Errorf("reason %q instead of ended", ended.Reason)
	}
}

// A conference that has an end ends there for those who are in it, without anybody asking.
func TestRunEndsAConferenceAtItsEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for the end of a conference")
	}
	r, _, _ := startSystem(t)
	organizer := &visitor{t: t, api: r.API, key: r.OrganizerKey}
	var made struct{ Name, Password string }
	organizer.call(http.MethodPost, "/conferences", map[string]any{"name": "Short", "endsAt": time.Now().Add(6 * time.Second)}, &made)
	guest := join(t, r, map[string]string{"name": made.Name, "password": made.Password})
	var state wire.RoomState
	await(t, guest, wire.TypeRoomState, &state)
	var ended wire.RoomEnded
	await(t, guest, wire.TypeRoomEnded, &ended)
	if ended.Reason != "ended" {
		t.Errorf("reason %q instead of ended", ended.Reason)
	}
}

// Participants do not wait for somebody else's slow request to be told that the server stops.
func TestRunTellsParticipantsFirst(t *testing.T) {
	r, data, stop := startSystem(t)
	_, guest := joinDemo(t, r, data)

	slow, err := net.Dial("tcp", strings.TrimPrefix(r.Portal, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	// The server says "continue" once a handler waits for the body, which never comes.
	if _, err := io.WriteString(slow, "POST /api/v1/admissions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(slow).ReadString('\n'); err != nil || !strings.Contains(line, "100") {
		t.Fatalf("%q, %v", line, err)
	}

	began := time.Now()
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	var ended wire.RoomEnded
	await(t, guest, wire.TypeRoomEnded, &ended)
	if took := time.Since(began); took >= closeTime {
		t.Errorf("told after %v", took)
	}
	if err := <-stopped; err != nil {
		t.Errorf("Run: %v", err)
	}
}
