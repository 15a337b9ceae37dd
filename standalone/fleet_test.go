package standalone

import (
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/coopnet/coopnet/functions/staff"
	"github.com/coopnet/coopnet/functions/store/sqlite"
	"github.com/coopnet/coopnet/shared/problem"
	"github.com/coopnet/coopnet/shared/wire"
)

// fleet is a whole system and relays of their own processes, which announce themselves over HTTP.
type fleet struct {
	t       *testing.T
	program string
	ready   Ready
	path    string
	db      *sqlite.DB // beside the server's own
	people  *staff.Domain
	relays  map[string]*process
}

type process struct {
	*exec.Cmd
	key    string
	ended  chan struct{}
	public string
}

func newFleet(t *testing.T, program string, ids ...string) *fleet {
	t.Helper()
	r, data, _ := startSystem(t, "--relay-networks", "127.0.0.0/8")
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(data, DatabaseFile), Ballast: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	people, err := staff.New(staff.Config{Store: db.Staff()})
	if err != nil {
		t.Fatal(err)
	}
	f := &fleet{t: t, program: program, ready: r, path: filepath.Join(data, DatabaseFile), db: db, people: people, relays: make(map[string]*process)}
	for _, id := range ids {
		_, key, err := people.Create(t.Context(), "tests", staff.Draft{Role: staff.Relay, Label: id})
		if err != nil {
			t.Fatal(err)
		}
		f.start(id, key)
	}
	for _, id := range ids {
		f.eventually(10*time.Second, id+" is announced", func() bool { _, err := db.Relays().Relay(t.Context(), id); return err == nil })
	}
	return f
}

func (f *fleet) start(id, key string) {
	f.t.Helper()
	ready := filepath.Join(f.t.TempDir(), "ready.json")
	cmd := exec.Command(f.program, "serve", "--id", id, "--issuer", f.ready.Portal, "--jwks", f.ready.Portal+"/.well-known/jwks.json", "--region", "eu-1",
		"--announce", f.ready.Portal, "--listen", "127.0.0.1:0", "--media", "127.0.0.1:0", "--turn", "", "--turns", "", "--capacity", "100", "--ready-file", ready)
	cmd.Env = append(os.Environ(), "COOPNET_RELAY_KEY="+key)
	if err := cmd.Start(); err != nil {
		f.t.Fatal(err)
	}
	p := &process{Cmd: cmd, key: key, ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		_ = cmd.Wait() // how it ended is for who waits
	}()
	f.t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		<-p.ended
	})
	var r struct{ Relay string }
	f.eventually(10*time.Second, id+" is ready", func() bool {
		text, err := os.ReadFile(ready)
		return err == nil && json.Unmarshal(text, &r) == nil
	})
	p.public = r.Relay
	f.relays[id] = p
}

func (f *fleet) eventually(limit time.Duration, what string, is func() bool) {
	f.t.Helper()
	for deadline := time.Now().Add(limit); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			f.t.Fatalf("not within %s: %s", limit, what)
		}
	}
}

// conference makes one where the relays are, and returns its id and a guest who may join.
func (f *fleet) conference(name string) (string, *visitor) {
	f.t.Helper()
	organizer := &visitor{t: f.t, api: f.ready.API, cookies: map[string]string{}, key: f.ready.OrganizerKey}
	var c struct{ ID string }
	organizer.call(http.MethodPost, "/conferences", map[string]any{"name": name, "password": "correct horse", "region": "eu-1"}, &c)
	return c.ID, f.guest(name)
}

func (f *fleet) guest(conference string) *visitor {
	f.t.Helper()
	v := &visitor{t: f.t, api: f.ready.API, cookies: map[string]string{}}
	var ignored any
	v.call(http.MethodPost, "/admissions", map[string]string{"name": conference, "password": "correct horse"}, &ignored)
	v.call(http.MethodPut, "/identity", map[string]any{"title": "Mr", "name": "James BOND", "email": "james@example.com", "remember": false}, &ignored)
	return v
}

type ticket struct {
	Token       string
	Participant struct{ ID string }
	Relay       struct{ Control string }
	Alternates  []struct {
		Token string
		Relay struct{ Control string }
	}
}

// try asks for a join token once.
func (v *visitor) try() (t ticket, status int) {
	v.t.Helper()
	request, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.api+"/join-tokens", strings.NewReader(`{"mode":"browser"}`))
	if err != nil {
		v.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for name, value := range v.cookies {
		request.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		v.t.Fatal(err)
	}
	defer response.Body.Close()
	_ = json.NewDecoder(response.Body).Decode(&t) // a refusal has another shape
	return t, response.StatusCode
}

// home is the relay's id for a control channel's address.
func (f *fleet) home(control string) string {
	for id, p := range f.relays {
		if control == webSocketOrigin(p.public)+"/control" {
			return id
		}
	}
	return control
}

func (f *fleet) enter(control, token string) *websocket.Conn {
	f.t.Helper()
	conn, _, err := websocket.Dial(f.t.Context(), control, &websocket.DialOptions{Subprotocols: []string{wire.Subprotocol}})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { conn.CloseNow() })
	hello, err := json.Marshal(wire.Hello{Type: wire.TypeHello, Token: token})
	if err != nil {
		f.t.Fatal(err)
	}
	if err := conn.Write(f.t.Context(), websocket.MessageText, hello); err != nil {
		f.t.Fatal(err)
	}
	var state wire.RoomState
	await(f.t, conn, wire.TypeRoomState, &state)
	return conn
}

func (f *fleet) ended(guest *websocket.Conn, reason string) {
	f.t.Helper()
	var over wire.RoomEnded
	await(f.t, guest, wire.TypeRoomEnded, &over)
	if over.Reason != reason {
		f.t.Errorf("the guest was told %q, want %q", over.Reason, reason)
	}
}

type attendee struct {
	ID, Name string
	LeftAt   *time.Time
}

func (f *fleet) participants(conference string) []attendee {
	f.t.Helper()
	organizer := &visitor{t: f.t, api: f.ready.API, cookies: map[string]string{}, key: f.ready.OrganizerKey}
	var page struct{ Items []attendee }
	organizer.call(http.MethodGet, "/conferences/"+conference+"/participants", nil, &page)
	return page.Items
}

func (f *fleet) organize(method, path string) int {
	f.t.Helper()
	request, err := http.NewRequestWithContext(f.t.Context(), method, f.ready.API+path, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+f.ready.OrganizerKey)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		f.t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

// TestFleet has real relays in processes of their own.
func TestFleet(t *testing.T) {
	program := filepath.Join(t.TempDir(), "relay")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./relay/cmd/relay")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, test := range map[string]func(*testing.T, string){
		"one home":           oneHomeOfMany,
		"remove and end":     removeAndEnd,
		"drain":              drainOneRelay,
		"kill":               killOneRelay,
		"database down":      databaseDown,
		"forged credentials": forgedCredentials,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, program)
		})
	}
}

func oneHomeOfMany(t *testing.T, program string) {
	f := newFleet(t, program, "a", "b")
	for _, name := range []string{"one", "two", "three"} {
		_, guest := f.conference(name)
		homes := make([]string, 100)
		var joining sync.WaitGroup
		for i := range homes {
			joining.Go(func() {
				got, status := guest.try()
				homes[i] = f.home(got.Relay.Control)
				if status != http.StatusOK || len(got.Alternates) != 1 || f.home(got.Alternates[0].Relay.Control) == homes[i] {
					homes[i] += " with another answer"
				}
			})
		}
		joining.Wait()
		if slices.Sort(homes); homes[0] != homes[99] || homes[0] != "a" && homes[0] != "b" {
			t.Errorf("%s: from %s to %s", name, homes[0], homes[99])
		}
	}
}

func removeAndEnd(t *testing.T, program string) {
	f := newFleet(t, program, "a")
	id, guest := f.conference("Team")
	got, _ := guest.try()
	spare, _ := guest.try()
	conn := f.enter(got.Relay.Control, got.Token)
	f.eventually(3*time.Second, "the guest is listed", func() bool {
		list := f.participants(id)
		return len(list) == 1 && list[0].ID == got.Participant.ID && list[0].Name == "Mr James BOND" && list[0].LeftAt == nil
	})
	begin := time.Now()
	for range 2 {
		if status := f.organize(http.MethodDelete, "/conferences/"+id+"/participants/"+got.Participant.ID); status != http.StatusNoContent {
			t.Fatal(status)
		}
	}
	f.ended(conn, "removed")
	if took := time.Since(begin); took > 7*time.Second {
		t.Errorf("removed after %s", took)
	}
	if _, status := guest.try(); status != http.StatusForbidden {
		t.Errorf("a token for who was removed: %d", status)
	}
	f.eventually(3*time.Second, "the guest has left", func() bool { list := f.participants(id); return len(list) == 1 && list[0].LeftAt != nil })
	if again, _, err := websocket.Dial(t.Context(), spare.Relay.Control, &websocket.DialOptions{Subprotocols: []string{wire.Subprotocol}}); err == nil {
		_ = again.Write(t.Context(), websocket.MessageText, []byte(`{"type":"hello","token":"`+spare.Token+`"}`))
		for err == nil {
			var message []byte
			if _, message, err = again.Read(t.Context()); strings.Contains(string(message), string(wire.TypeRoomState)) {
				t.Error("a token from before let it in")
			}
		}
		again.CloseNow()
	}

	other := f.guest("Team")
	got, _ = other.try()
	conn = f.enter(got.Relay.Control, got.Token)
	if status := f.organize(http.MethodPost, "/conferences/"+id+"/end"); status != http.StatusOK {
		t.Fatal(status)
	}
	f.ended(conn, "ended")
}

func drainOneRelay(t *testing.T, program string) {
	f := newFleet(t, program, "a", "b")
	id, guest := f.conference("Team")
	got, _ := guest.try()
	conn := f.enter(got.Relay.Control, got.Token)
	home := f.home(got.Relay.Control)
	begin := time.Now()
	if err := f.relays[home].Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	f.ended(conn, "draining")
	next, status := guest.try() // as the page does, at once
	if status != http.StatusOK || f.home(next.Relay.Control) == home {
		t.Fatalf("%d: from %s to %s", status, home, next.Relay.Control)
	}
	f.enter(next.Relay.Control, next.Token)
	select {
	case <-f.relays[home].ended:
	case <-time.After(30 * time.Second):
		t.Fatal("the relay still runs")
	}
	t.Logf("moved and stopped within %s", time.Since(begin))
	// The old relay's news that it has ended may come before the new one's.
	f.eventually(3*time.Second, "the guest is listed as present, once", func() bool {
		list := f.participants(id)
		return len(list) == 1 && list[0].LeftAt == nil
	})
}

func killOneRelay(t *testing.T, program string) {
	f := newFleet(t, program, "a", "b")
	_, guest := f.conference("Team")
	first, _ := guest.try()
	f.enter(first.Relay.Control, first.Token)
	home := f.home(first.Relay.Control)
	second := f.home(first.Alternates[0].Relay.Control)
	begin := time.Now()
	if err := f.relays[home].Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-f.relays[home].ended
	got, _ := guest.try() // still the old home: who cannot reach it goes to the other one at once
	if f.home(got.Relay.Control) != home || f.home(got.Alternates[0].Relay.Control) != second {
		t.Fatalf("got %+v", got)
	}
	f.enter(got.Alternates[0].Relay.Control, got.Alternates[0].Token)
	f.eventually(20*time.Second, "the conference has a new home", func() bool {
		got, status := guest.try()
		if status != http.StatusOK {
			t.Fatalf("no token: %d", status)
		}
		return f.home(got.Relay.Control) == second
	})
	t.Logf("a new home after %s", time.Since(begin))
	f.start(home, f.relays[home].key) // it comes back, and is not asked for what has moved
	f.eventually(10*time.Second, "there is one to fall back to", func() bool {
		got, _ := guest.try()
		if f.home(got.Relay.Control) != second {
			t.Fatalf("it moved back to %s", got.Relay.Control)
		}
		return len(got.Alternates) == 1
	})
}

// databaseDown: somebody holds the database's lock for longer than a silent relay is trusted.
func databaseDown(t *testing.T, program string) {
	f := newFleet(t, program, "a", "b")
	_, guest := f.conference("Team")
	first, _ := guest.try()
	conn := f.enter(first.Relay.Control, first.Token)
	release := f.lock()
	_, _ = guest.try()
	for end := time.Now().Add(18 * time.Second); time.Now().Before(end); {
		var beat wire.Heartbeat
		await(t, conn, wire.TypeRoomHeartbeat, &beat) // the relay goes on
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(`{"type":"room.heartbeat"}`)); err != nil {
			t.Fatal(err)
		}
	}
	release()
	for range 20 { // nobody moves while the relays are heard again, one after the other
		got, status := guest.try()
		if status == http.StatusOK && got.Relay.Control != first.Relay.Control {
			t.Fatalf("moved from %s to %s", first.Relay.Control, got.Relay.Control)
		}
		time.Sleep(100 * time.Millisecond)
	}
	f.eventually(5*time.Second, "new conferences are placed", func() bool {
		_, other := f.conference("Team " + time.Now().String())
		_, status := other.try()
		return status == http.StatusOK
	})
}

// lock holds the database against every writer until release.
func (f *fleet) lock() (release func()) {
	f.t.Helper()
	db, err := sql.Open("sqlite", "file:"+f.path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	run := func(statement string) {
		f.t.Helper()
		if _, err := conn.ExecContext(f.t.Context(), statement); err != nil {
			f.t.Fatal(err)
		}
	}
	run("BEGIN IMMEDIATE")
	return func() { run("ROLLBACK") }
}

func forgedCredentials(t *testing.T, program string) {
	f := newFleet(t, program, "a")
	_, other, err := f.people.Create(t.Context(), "tests", staff.Draft{Role: staff.Relay, Label: "z"})
	if err != nil {
		t.Fatal(err)
	}
	f.start("b", "cnr_"+strings.Repeat("A", 43)) // a key that nobody made
	f.start("c", other)                          // and another relay's
	_, guest := f.conference("Team")
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if got, status := guest.try(); status != http.StatusOK || f.home(got.Relay.Control) != "a" {
			t.Fatalf("%d %+v", status, got)
		}
	}
	list, err := f.db.Relays().Relays(t.Context())
	if err != nil || len(list) != 2 || list[0].ID != "a" || list[1].ID != relayID {
		t.Errorf("registered are %v, %v", list, err)
	}
	var refused *problem.Error
	if _, err := f.people.Authenticate(t.Context(), other, staff.Organizer); !errors.As(err, &refused) || refused.Code != problem.Forbidden {
		t.Errorf("a relay's key organizes: %v", err)
	}
}

// TestOrganizersRemoveParticipants from the relay of the same process, within two seconds.
func TestOrganizersRemoveParticipants(t *testing.T) {
	r, data, _ := startSystem(t)
	f := &fleet{t: t, ready: r}
	d, guest := joinDemo(t, r, data)
	var list []attendee
	f.eventually(5*time.Second, "the guest is listed", func() bool { list = f.participants(d.Conference); return len(list) == 1 && list[0].LeftAt == nil })
	begin := time.Now()
	if status := f.organize(http.MethodDelete, "/conferences/"+d.Conference+"/participants/"+list[0].ID); status != http.StatusNoContent {
		t.Fatal(status)
	}
	f.ended(guest, "removed")
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("removed after %s", took)
	}
	f.eventually(5*time.Second, "the guest has left", func() bool { list := f.participants(d.Conference); return len(list) == 1 && list[0].LeftAt != nil })
}
